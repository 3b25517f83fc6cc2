/** The fields of a form body as flat text, brackets left in their names. @module */

/** `a=1&b[0]=2` as `{ a: '1', 'b[0]': '2' }`; of a repeated name the last counts. */
export function formFields(body: Uint8Array): Record<string, string> {
  const pairs = new URLSearchParams(new TextDecoder().decode(body));
  const fields: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of pairs) fields[name] = value;
  return fields;
}
