import { createHash } from 'node:crypto'
import { z } from 'zod'
import { firstTextOf, recordOf, textOf } from '../../system/json.ts'
import type { Operation } from '../../task/verdict.ts'
import { ProbeUnavailable } from '../provider.ts'
import type { Json, VideoWarning } from './video-model.ts'

/** Of what is stored. Rises when a stored operation would have to be read differently. */
const ADAPTER_VERSION = 1

const ID_FIELDS = ['id', 'taskId', 'task_id', 'requestId', 'request_id', 'operationName', 'name'] as const

/** A job of a model, as it is stored: all that another process needs to ask for it. */
export type StoredOperation = {
  adapter: 'ai-sdk'
  adapterVersion: typeof ADAPTER_VERSION
  model: string
  origin: string | null
  operation: Json
}

const schema: z.ZodType<StoredOperation> = z.object({
  adapter: z.literal('ai-sdk'),
  adapterVersion: z.literal(ADAPTER_VERSION),
  model: z.string(),
  origin: z.string().nullable(),
  operation: z.json(),
})

export type NewOperation = {
  model: string
  /** Where the create went; null where we did not see it. */
  origin: string | null
  /** The job's id in the answer, where a table found one. */
  id: string | null
  /** What the model gave. */
  operation: unknown
  warnings: readonly VideoWarning[]
  /** Values that must not be stored. */
  secrets: readonly string[]
}

/** Made for a job whose operation has no id that we know: the same job has the same one. */
const digest = (operation: string): string =>
  createHash('sha256').update(operation).digest('hex').slice(0, 40)

/** Null when the model gave nothing to ask by. */
export function newOperation(given: NewOperation): Operation | null {
  if (given.operation === undefined || given.operation === null) return null
  const json = given.secrets.reduce(
    (text, secret) => text.replaceAll(JSON.stringify(secret).slice(1, -1), '[redacted]'),
    JSON.stringify(given.operation),
  )
  const operation: unknown = JSON.parse(json)
  const record = recordOf(operation)
  const id = given.id ?? firstTextOf(textOf(operation), ...ID_FIELDS.map((name) => record[name]))
  return {
    providerTaskId: id ?? digest(json),
    adapter: 'ai-sdk',
    adapterVersion: ADAPTER_VERSION,
    model: given.model,
    origin: given.origin,
    operation,
    ...(given.warnings.length === 0 ? {} : { warnings: given.warnings }),
  }
}

/** @throws ProbeUnavailable when this is not one that the bridge stored. */
export function storedOperation(operation: Operation): StoredOperation {
  const parsed = schema.safeParse(operation)
  if (parsed.success) return parsed.data
  throw new ProbeUnavailable(
    'The stored job is not one of this version of the AI SDK bridge: it cannot be asked for.',
  )
}
