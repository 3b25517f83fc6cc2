/** Reads the body and answers 202: what node:http itself costs. @module */
import { serve } from './server.mjs';

serve((request, body, answer) => answer(202));
