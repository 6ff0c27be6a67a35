import { resolver, type DescribeRouteOptions } from 'hono-openapi'
import type { z } from 'zod'
import type { Access, Handler } from './exchange.ts'
import type { LimitedAct } from './rate-limiter.ts'
import { errorSchema } from './schemas.ts'

/** One thing that the API does. `GET` answers `HEAD` too. */
export type Route = {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** In Hono's notation. */
  path: string
  access: Access
  /** What it counts as against the limits of the project; a read when absent. */
  act?: LimitedAct
  handler: Handler
  doc: DescribeRouteOptions
}

type Parameters = NonNullable<DescribeRouteOptions['parameters']>
type Responses = NonNullable<DescribeRouteOptions['responses']>

export const json = (schema: z.ZodType): Record<string, { schema: ReturnType<typeof resolver> }> => ({
  'application/json': { schema: resolver(schema) },
})

export const answers = (description: string, schema: z.ZodType): Responses => ({
  200: { description, content: json(schema) },
  default: { description: 'An error.', content: json(errorSchema) },
})

/** The content of an answer that goes on. */
export const EVENTS: Readonly<Record<string, { schema: { type: 'string' } }>> = {
  'text/event-stream': { schema: { type: 'string' } },
}

export const eventStream = (description: string): Responses => ({
  200: { description, content: { ...EVENTS } },
  default: { description: 'An error.', content: json(errorSchema) },
})

export const file = (description: string, types: readonly string[]): Responses => {
  const content = Object.fromEntries(
    types.map((type) => [type, { schema: { type: 'string' as const, format: 'binary' } }]),
  )
  return {
    200: { description, content },
    206: { description: 'The part that Range asked for.', content },
    default: { description: 'An error.', content: json(errorSchema) },
  }
}

export const header = (name: string, description: string): Parameters[number] => ({
  in: 'header',
  name,
  description,
  schema: { type: 'string' },
})

export const query = (name: string, description: string, values?: readonly string[]): Parameters[number] => ({
  in: 'query',
  name,
  description,
  schema: { type: 'string', ...(values === undefined ? {} : { enum: [...values] }) },
})
