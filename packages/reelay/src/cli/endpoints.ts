import type { EndpointCreateParams, ReelayClient, WebhookDelivery, WebhookEventType } from '@reelay/sdk'
import { usageError } from './cli-error.ts'
import { connect } from './connection.ts'
import { attemptText } from './delivery-view.ts'
import { formatEndpoint, printEndpoints } from './endpoint-view.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { writeJson, writeLine, type GlobalOptions, type Io } from './io.ts'
import { overlapOf } from './overlap.ts'
import { parseSince } from './parse-since.ts'
import { printSecrets } from './secret-view.ts'
import { oneLine } from './text.ts'

type EndpointOptions = GlobalOptions & { id: string }

/** What an endpoint gets to hear, as the command line takes it. */
type EndpointFlags = { event?: readonly string[]; payload?: 'full' | 'thin'; description?: string }

export type EndpointCreateOptions = GlobalOptions & EndpointFlags & { address: string }
export type EndpointUpdateOptions = EndpointOptions & EndpointFlags & { to?: string }
export type EndpointRotateOptions = EndpointOptions & { overlap?: string }
export type EndpointResendOptions = EndpointOptions & { since: string }
export type EndpointDeleteOptions = EndpointOptions & { yes?: boolean }

/** Looks at a test delivery, half a second apart: longer than an attempt takes at most. */
const LOOKS_MAX = 40
const LOOK_PAUSE_MS = 500

/** `reelay endpoints list`. */
export async function list(options: GlobalOptions, io: Io): Promise<ExitCode> {
  const endpoints = await (await connect(options, io)).endpoints.list()
  if (options.json === true) writeJson(io, { object: 'list', data: endpoints })
  else printEndpoints(endpoints, io)
  return EXIT_CODE.ok
}

/** `reelay endpoints get`. */
export async function get(options: EndpointOptions, io: Io): Promise<ExitCode> {
  const endpoint = await (await connect(options, io)).endpoints.retrieve(options.id)
  if (options.json === true) writeJson(io, endpoint)
  else writeLine(io.stdout, formatEndpoint(endpoint, io))
  return EXIT_CODE.ok
}

/** `reelay endpoints create`: the secret is alone on standard output. */
export async function create(options: EndpointCreateOptions, io: Io): Promise<ExitCode> {
  const params = { url: options.address, ...paramsOf(options) }
  const endpoint = await (await connect(options, io)).endpoints.create(params)
  if (options.json === true) {
    writeJson(io, endpoint)
    return EXIT_CODE.ok
  }
  const { id } = endpoint
  writeLine(io.stderr, `${id} made; its secret is below, and again with: reelay endpoints secret ${id}`)
  writeLine(io.stdout, endpoint.secret ?? '')
  return EXIT_CODE.ok
}

/** `reelay endpoints update`. */
export async function update(options: EndpointUpdateOptions, io: Io): Promise<ExitCode> {
  const { to } = options
  const params = { ...(to === undefined ? {} : { url: to }), ...paramsOf(options) }
  if (Object.keys(params).length === 0) {
    throw usageError('There is nothing to change', {
      hint: 'pass --to, --event, --payload or --description',
    })
  }
  return change(options, params, io)
}

/** `reelay endpoints enable`. */
export const enable = (options: EndpointOptions, io: Io): Promise<ExitCode> =>
  change(options, { enabled: true }, io)

/** `reelay endpoints disable`: cancels what waits for it. */
export const disable = (options: EndpointOptions, io: Io): Promise<ExitCode> =>
  change(options, { enabled: false }, io)

type Changes = Parameters<ReelayClient['endpoints']['update']>[1]

async function change(options: EndpointOptions, changes: Changes, io: Io): Promise<ExitCode> {
  const endpoint = await (await connect(options, io)).endpoints.update(options.id, changes)
  if (options.json === true) writeJson(io, endpoint)
  else writeLine(io.stdout, formatEndpoint(endpoint, io))
  return EXIT_CODE.ok
}

/** `reelay endpoints delete`, after asking where somebody can be asked. */
export async function remove(options: EndpointDeleteOptions, io: Io): Promise<ExitCode> {
  const client = await connect(options, io)
  if (options.yes !== true && options.json !== true && io.canAsk) {
    const question = `Delete ${oneLine(options.id)}? What waits for it is not sent.`
    const answer = await io.confirm(question)
    if (answer === null) return EXIT_CODE.interrupted
    if (!answer) {
      writeLine(io.stderr, 'nothing was deleted')
      return EXIT_CODE.ok
    }
  }
  const deleted = await client.endpoints.delete(options.id)
  if (options.json === true) writeJson(io, deleted)
  else writeLine(io.stdout, `${deleted.id}  deleted`)
  return EXIT_CODE.ok
}

/** `reelay endpoints secret`: all that sign now; the newest first. */
export async function secret(options: EndpointOptions, io: Io): Promise<ExitCode> {
  const secrets = await (await connect(options, io)).endpoints.secrets(options.id)
  printSecrets(secrets, options, io)
  return EXIT_CODE.ok
}

/** `reelay endpoints rotate`: the new secret is alone on standard output. */
export async function rotate(options: EndpointRotateOptions, io: Io): Promise<ExitCode> {
  const overlap = overlapOf(options.overlap)
  const endpoint = await (await connect(options, io)).endpoints.rotateSecret(options.id, overlap)
  if (options.json === true) {
    writeJson(io, endpoint)
    return EXIT_CODE.ok
  }
  writeLine(io.stderr, `${endpoint.id} signs with the secret below from now on`)
  writeLine(io.stdout, endpoint.secret ?? '')
  return EXIT_CODE.ok
}

/** `reelay endpoints test`: sends an event and says what the receiver answered. */
export async function test(options: EndpointOptions, io: Io): Promise<ExitCode> {
  const client = await connect(options, io)
  const delivery = await untilTried(client, await client.endpoints.test(options.id), io)
  const isDelivered = delivery.status === 'delivered'
  if (options.json === true) writeJson(io, delivery)
  else tellTest(delivery, io)
  return isDelivered ? EXIT_CODE.ok : EXIT_CODE.unexpected
}

async function untilTried(client: ReelayClient, sent: WebhookDelivery, io: Io): Promise<WebhookDelivery> {
  let delivery = sent
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    if (delivery.status !== 'pending' || delivery.attempts > 0) return delivery
    await io.clock.sleep(LOOK_PAUSE_MS)
    delivery = await client.deliveries.retrieve(sent.id)
  }
  return delivery
}

function tellTest(delivery: WebhookDelivery, io: Io): void {
  const last = delivery.attempts_log?.at(-1)
  if (last === undefined) {
    writeLine(io.stdout, `${delivery.id}  not sent yet: the endpoint may be paused after failures`)
    writeLine(io.stderr, `look again with: reelay deliveries get ${delivery.id}`)
    return
  }
  writeLine(io.stdout, `${delivery.id}  ${delivery.status}: ${oneLine(attemptText(last))}`)
  if (delivery.status === 'pending') writeLine(io.stderr, 'it is tried again, like any other delivery')
}

/** `reelay endpoints resend`: what did not arrive since then starts its schedule again. */
export async function resend(options: EndpointResendOptions, io: Io): Promise<ExitCode> {
  const since = parseSince(options.since, io.clock.nowMs())
  const resent = await (await connect(options, io)).endpoints.resendFailed(options.id, { since })
  if (options.json === true) writeJson(io, { object: 'webhook_resend', resent })
  else writeLine(io.stdout, `${resent} ${resent === 1 ? 'delivery is' : 'deliveries are'} on the way again`)
  return EXIT_CODE.ok
}

function paramsOf({ event, payload, description }: EndpointFlags): Omit<EndpointCreateParams, 'url'> {
  return {
    ...(event === undefined ? {} : { events: event.map(eventOf) }),
    ...(payload === undefined ? {} : { payload }),
    ...(description === undefined ? {} : { description }),
  }
}

const EVENTS: readonly WebhookEventType[] = [
  'video.queued',
  'video.in_progress',
  'video.completed',
  'video.failed',
  'video.error',
]

/** `completed` and `video.completed` are the same; `all` needs no quotes in a shell, as `*` does. */
function eventOf(name: string): WebhookEventType | '*' {
  if (name === 'all' || name === '*') return '*'
  const event = EVENTS.find((known) => known === name || known === `video.${name}`)
  if (event !== undefined) return event
  const names = EVENTS.map((known) => known.replace('video.', '')).join(', ')
  throw usageError(`There is no event ${name}: use ${names}, or all`, { param: 'event' })
}
