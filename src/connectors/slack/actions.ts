/** What Slack can be asked to do. @module */
import { getChannel, getUser, listChannels } from './directory.js';
import { deleteMessage, sendMessage, updateMessage } from './messages.js';

export const actions = { sendMessage, updateMessage, deleteMessage, listChannels, getChannel, getUser } as const;
