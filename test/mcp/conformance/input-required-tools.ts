/** Tools that answer a call with what they still need to know, as the revision 2026-07-28 has it. @module */
import {
  acceptedContent,
  inputRequired,
  CLIENT_CAPABILITIES_META_KEY,
  type CallToolResult,
  type InputRequest,
  type InputRequiredResult,
  type McpServer,
  type RequestStateCodec,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { said } from './fixture-tools.js';

type Answer = CallToolResult | InputRequiredResult;
type Run = (context: ServerContext) => Promise<Answer> | Answer;

const field = (message: string, name: string, type = 'string'): InputRequest => {
  const requestedSchema = { type: 'object', properties: { [name]: { type } }, required: [name] };
  return inputRequired.elicit({ message, requestedSchema: requestedSchema as never });
};
const words = (text: string, maxTokens: number): InputRequest =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text } }], maxTokens });

const NAME = { user_name: field('What is your name?', 'name') };
const STATE = { step: 1 };

/** @param codec seals what goes to the client and comes back; the server has its `verify`. */
export function addInputRequiredTools(server: McpServer, codec: RequestStateCodec<typeof STATE>): void {
  const add = (name: string, run: Run): void => {
    server.registerTool(`test_${name}`, { description: 'Asks before it answers.' }, run as never);
  };
  const given = ({ mcpReq }: ServerContext, key: string): unknown => mcpReq.inputResponses?.[key];
  const name = ({ mcpReq }: ServerContext): unknown => acceptedContent(mcpReq.inputResponses, 'user_name')?.['name'];

  add('input_required_result_elicitation', (context) =>
    typeof name(context) === 'string'
      ? said(`Hello, ${String(name(context))}!`)
      : inputRequired({ inputRequests: NAME }),
  );
  const question = { capital_question: words('What is the capital of France?', 100) };
  add('input_required_result_sampling', (context) => {
    const answer = given(context, 'capital_question');
    return answer === undefined ? inputRequired({ inputRequests: question }) : said(JSON.stringify(answer));
  });
  const roots = { client_roots: inputRequired.listRoots() };
  add('input_required_result_list_roots', (context) => {
    const answer = given(context, 'client_roots');
    return answer === undefined ? inputRequired({ inputRequests: roots }) : said(JSON.stringify(answer));
  });
  const confirm = { confirm: field('Please confirm', 'ok', 'boolean') };
  for (const sealed of ['input_required_result_request_state', 'input_required_result_tampered_state']) {
    add(sealed, async (context) => {
      if (given(context, 'confirm') !== undefined && context.mcpReq.requestState() !== undefined)
        return said('state-ok');
      return inputRequired({ inputRequests: confirm, requestState: await codec.mint(STATE, context) });
    });
  }
  const several = { ...NAME, greeting: words('Generate a greeting', 50), ...roots };
  add('input_required_result_multiple_inputs', async (context) => {
    const isWhole = Object.keys(several).every((key) => given(context, key) !== undefined);
    if (isWhole) return said('everything is there');
    return inputRequired({ inputRequests: several, requestState: await codec.mint(STATE, context) });
  });
  add('input_required_result_multi_round', async (context) => {
    const round = context.mcpReq.requestState<typeof STATE>()?.step ?? 0;
    if (round >= 2 && given(context, 'step2') !== undefined) return said('both rounds are over');
    const isSecond = round === 1 && given(context, 'step1') !== undefined;
    const inputRequests: Record<string, InputRequest> = isSecond
      ? { step2: field('Step 2: What is your favorite color?', 'color') }
      : { step1: field('Step 1: What is your name?', 'name') };
    return inputRequired({ inputRequests, requestState: await codec.mint({ step: isSecond ? 2 : 1 }, context) });
  });
  add('input_required_result_capabilities', (context) => {
    const can = capabilitiesOf(context);
    const inputRequests = {
      ...(can['sampling'] === undefined ? {} : question),
      ...(can['elicitation'] === undefined ? {} : NAME),
    };
    return Object.keys(inputRequests).length === 0 ? said('there is nobody to ask') : inputRequired({ inputRequests });
  });
  // The package refuses it where the client cannot be asked.
  add('missing_capability', () => inputRequired({ inputRequests: question }));
  add('streaming_elicitation', async (context) => {
    const params = { progressToken: context.mcpReq['_meta']?.progressToken ?? 'none', progress: 1, total: 2 };
    await context.mcpReq.notify({ method: 'notifications/progress', params });
    return inputRequired({ inputRequests: NAME });
  });
}

function capabilitiesOf({ mcpReq }: ServerContext): Readonly<Record<string, unknown>> {
  return ((mcpReq.envelope as Readonly<Record<string, unknown>> | undefined)?.[CLIENT_CAPABILITIES_META_KEY] ??
    {}) as Readonly<Record<string, unknown>>;
}

export function addInputRequiredPrompt(server: McpServer): void {
  const inputRequests = { user_context: field('What context should the prompt use?', 'context') };
  const prompt = { description: 'Asks for its context.' };
  server.registerPrompt('test_input_required_result_prompt', prompt, (({ mcpReq }: ServerContext) => {
    const content = acceptedContent(mcpReq.inputResponses, 'user_context');
    if (content === undefined) return inputRequired({ inputRequests });
    return { messages: [{ role: 'user', content: { type: 'text', text: `In the context of ${content['context']}` } }] };
  }) as never);
}
