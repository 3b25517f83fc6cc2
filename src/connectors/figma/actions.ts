/** What Figma can be asked to do. @module */
import { createComment, deleteComment, listComments } from './comments.js';
import { getFile, listFiles } from './files.js';

export const actions = { getFile, listFiles, listComments, createComment, deleteComment } as const;
