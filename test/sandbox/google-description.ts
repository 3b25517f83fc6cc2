/** Google's discovery documents as one OpenAPI document, so that the same check serves for them. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

interface Discovery {
  name: string;
  rootUrl: string;
  servicePath: string;
  parameters: Record<string, Parameter>;
  schemas: Record<string, Schema>;
  methods?: Record<string, Method>;
  resources?: Record<string, Discovery>;
}
interface Parameter {
  location: string;
  required?: boolean;
  repeated?: boolean;
}
interface Method {
  id: string;
  httpMethod: string;
  path: string;
  parameters?: Record<string, Parameter>;
  request?: { $ref: string };
  response?: { $ref: string };
}
type Schema = Record<string, unknown>;

const DOCUMENT = /^\w+\.v\d+\.discovery\.json$/;

/** @param folder of the specifications */
export function googleDescription(folder: string): unknown {
  const own = join(folder, 'google');
  const paths: Record<string, Record<string, unknown>> = {};
  const schemas: Record<string, unknown> = {};
  for (const file of readdirSync(own).filter((name) => DOCUMENT.test(name))) {
    const api = JSON.parse(readFileSync(join(own, file), 'utf8')) as Discovery;
    for (const [name, schema] of Object.entries(api.schemas)) schemas[`${api.name}.${name}`] = schemaOf(api, schema);
    for (const method of methodsOf(api)) {
      const item = (paths[`/${api.servicePath}${method.path}`] ??= {});
      item[method.httpMethod.toLowerCase()] = operationOf(api, method);
    }
  }
  return { openapi: '3.0.0', paths, components: { schemas } };
}

function methodsOf({ methods = {}, resources = {} }: Pick<Discovery, 'methods' | 'resources'>): Method[] {
  return [...Object.values(methods), ...Object.values(resources).flatMap(methodsOf)];
}

function operationOf(api: Discovery, { id, parameters = {}, request, response }: Method) {
  const all = { ...globals(api), ...parameters };
  const json = (schema: unknown) => ({ 'application/json': { schema } });
  const refTo = ({ $ref }: { $ref: string }) => ({ $ref: `#/components/schemas/${api.name}.${$ref}` });
  return {
    parameters: Object.entries(all).map(([name, parameter]) => ({
      name,
      in: parameter.location,
      required: parameter.required === true,
      schema:
        parameter.repeated === true
          ? { type: 'array', items: schemaOf(api, { ...parameter }) }
          : schemaOf(api, { ...parameter }),
    })),
    ...(request && {
      requestBody: {
        required: true,
        content: json({ allOf: [refTo(request), { type: 'object', required: requiredFor(api, id, request.$ref) }] }),
      },
    }),
    responses: response === undefined ? { 204: {} } : { 200: { content: json(refTo(response)) } },
  };
}

const globals = ({ parameters }: Discovery) =>
  Object.fromEntries(Object.entries(parameters).map(([name, one]) => [name, { ...one, location: 'query' }]));

/** Which fields a method wants stands beside the fields. */
function requiredFor(api: Discovery, id: string, name: string): string[] {
  const properties = (api.schemas[name]?.['properties'] ?? {}) as Record<
    string,
    { annotations?: { required?: string[] } }
  >;
  return Object.keys(properties).filter((field) => properties[field]!.annotations?.required?.includes(id));
}

/** Draft 3 of JSON Schema: `any`, names as references, numbers as text. */
function schemaOf(api: Discovery, schema: Schema): Schema {
  const { $ref, type, items, properties, additionalProperties, enum: words } = schema;
  if (typeof $ref === 'string') return { $ref: `#/components/schemas/${api.name}.${$ref}` };
  const fields = Object.entries((properties ?? {}) as Record<string, Schema>);
  return {
    ...(type !== 'any' && { type }),
    ...(items !== undefined && { items: schemaOf(api, items as Schema) }),
    ...(properties !== undefined && {
      properties: Object.fromEntries(fields.map(([name, one]) => [name, schemaOf(api, one)])),
    }),
    ...(additionalProperties !== undefined && { additionalProperties: schemaOf(api, additionalProperties as Schema) }),
    ...(words !== undefined && { enum: words }),
    ...(schema['minimum'] !== undefined && { minimum: Number(schema['minimum']) }),
    ...(schema['maximum'] !== undefined && { maximum: Number(schema['maximum']) }),
  };
}
