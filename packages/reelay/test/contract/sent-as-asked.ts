import assert from 'node:assert/strict'
import type { ModelCapabilities } from '@reelay/sdk'
import type { Plan } from '../../src/providers/catalog.ts'
import { createCatalog } from '../../src/providers/catalog-of.ts'
import type { InputFile, Provider, StartRequest } from '../../src/providers/provider.ts'
import type { TaskInput, VideoRequest } from '../../src/task/request.ts'
import type { FaultServer } from './fault-server.ts'
import { inputFile, plainRequest, startRequest } from './provider-subject.ts'
import type { Said, SaidReader } from './said-fields.ts'

export type Asked = Partial<Said>

export type Role = InputFile['role']

type Saying = Said | { refused: string }

/** One model of one adapter. */
export type Asking = {
  account: string
  provider: Provider
  /** What the adapter says to the provider when it starts a job; why it refuses, where it says nothing. */
  say: (start: StartRequest) => Promise<Saying>
  model: string
  capabilities: ModelCapabilities
}

export type Planned = Plan & { kind: 'planned' }

const taskInput = (role: Role): TaskInput => ({
  role,
  storageKey: role,
  mime: 'image/png',
  bytes: 1,
  sha256: '',
})

const requestOf = ({ account, model }: Asking, asked: Asked, roles: readonly Role[]): VideoRequest => ({
  ...plainRequest(`${account}/${model}`),
  ...asked,
  inputs: roles.map(taskInput),
})

/** As a create does. */
export function plan(
  asking: Asking,
  asked: Asked,
  { roles, normalize }: { roles: readonly Role[]; normalize: 'none' | 'nearest' },
): Plan {
  const { account, provider } = asking
  const accounts = [{ account, providerName: account, provider }]
  const catalog = createCatalog({ accounts, aliases: {}, order: [], isReachable: () => true })
  return catalog.plan(requestOf(asking, asked, roles), normalize)
}

/** Reads what an adapter sends to a server. */
export const sayTo =
  (provider: Provider, upstream: FaultServer, read: SaidReader): Asking['say'] =>
  async (start) => {
    upstream.seen.length = 0
    // What is made of the answer is another test's business.
    const outcome = await provider.start(start).catch(() => null)
    const seen = upstream.seen.findLast(({ method }) => method === 'POST')
    if (seen !== undefined) return read(seen)
    return { refused: outcome?.kind === 'rejected' ? outcome.detail : JSON.stringify(outcome) }
  }

/** What a planned request leads to. */
export async function said({ say, model }: Asking, { request }: Planned): Promise<Saying> {
  const inputs = request.inputs.map(({ role }) => inputFile(role, 'x'))
  return say(startRequest(model, { request, inputs }))
}

/** The fewest files that the model makes a video from. */
export async function leastFiles(asking: Asking): Promise<readonly Role[]> {
  const candidates: Role[][] = [[], ['first_frame'], ['reference'], ['first_frame', 'last_frame']]
  let refused = ''
  for (const roles of candidates) {
    const planned = plan(asking, {}, { roles, normalize: 'none' })
    if (planned.kind !== 'planned') continue
    const answer = await said(asking, planned)
    if (!('refused' in answer)) return roles
    refused = answer.refused
  }
  return assert.fail(`${asking.model} makes no video from any files: ${refused}`)
}

const ratioOf = (text: string): number => {
  const [width = 0, height = 1] = text.split(/[x:]/).map(Number)
  return width / height
}

const TIERS: Readonly<Record<string, number>> = { '2k': 1_440, '4k': 2_160 }
const shortSideOf = (tier: string): number => TIERS[tier] ?? Number.parseInt(tier, 10)

const isNear = (a: number, b: number, share: number): boolean => Math.abs(a / b - 1) <= share

/** Whether pixels are of a tier: by their shorter side, or by their number. */
function isOfTier(size: string, tier: string): boolean {
  const [width = 0, height = 0] = size.split('x').map(Number)
  const side = shortSideOf(tier)
  return Math.min(width, height) === side || isNear(width * height, (side * side * 16) / 9, 0.06)
}

/** Throws unless what was said is exactly what was asked, where it was asked. */
export function assertSaid(actual: Said, asked: Asked, title: string): void {
  const { seconds = null, size = null, aspectRatio = null, resolution = null } = asked
  if (seconds !== null) assert.equal(actual.seconds, seconds, `${title}: seconds`)
  if (size !== null) assert.equal(actual.size, size, `${title}: size`)
  if (aspectRatio !== null && actual.size !== null) {
    assert.ok(
      isNear(ratioOf(actual.size), ratioOf(aspectRatio), 0.035),
      `${title}: ${actual.size} is of the ratio`,
    )
  } else if (aspectRatio !== null) assert.equal(actual.aspectRatio, aspectRatio, `${title}: ratio`)
  if (resolution !== null && actual.size !== null) {
    assert.ok(isOfTier(actual.size, resolution), `${title}: ${actual.size} is of the tier`)
  } else if (resolution !== null) assert.equal(actual.resolution, resolution, `${title}: resolution`)
}

/** What the model lists, as a create may ask for it: each value alone, and each ratio and tier with another. */
export function legalOf({ capabilities }: Asking, shapedByFrames: boolean): Asked[] {
  const { seconds, resolutions } = capabilities
  const sizes = shapedByFrames ? [] : capabilities.sizes
  const ratios = shapedByFrames ? [] : capabilities.ratios
  const lengths =
    seconds === null
      ? []
      : (seconds.values ?? [seconds.min, Math.floor((seconds.min + seconds.max) / 2), seconds.max])
  const [firstRatio] = ratios
  const [firstTier] = resolutions
  const pairs = [
    ...(firstTier === undefined ? [] : ratios.map((aspectRatio) => ({ aspectRatio, resolution: firstTier }))),
    ...(firstRatio === undefined
      ? []
      : resolutions.map((resolution) => ({ aspectRatio: firstRatio, resolution }))),
  ]
  return [
    ...lengths.map((length) => ({ seconds: String(length) })),
    ...sizes.map((size) => ({ size })),
    ...ratios.map((aspectRatio) => ({ aspectRatio })),
    ...resolutions.map((resolution) => ({ resolution })),
    ...pairs,
  ]
}

export type Near = { asked: Asked; param: string; warning: string }

const misses = (param: keyof Asked, warning: string, values: readonly string[]): Near[] =>
  values.map((value) => ({
    asked: { [param]: value },
    param: param === 'aspectRatio' ? 'aspect_ratio' : param,
    warning: `${warning}_normalised`,
  }))

/** What the model does not list, though it comes close. */
export function nearMissesOf({ capabilities }: Asking, shapedByFrames: boolean): Near[] {
  const { seconds } = capabilities
  const lengths =
    seconds === null ? [5] : [seconds.min - 1, seconds.min + 0.4, seconds.max + 1, seconds.max + 40]
  const gaps = seconds?.values?.map((value) => value + 1).filter((value) => !seconds.values?.includes(value))
  const sizes = capabilities.sizes.slice(0, 3).flatMap((size) => {
    const [width = 0, height = 0] = size.split('x').map(Number)
    return [`${width + 2}x${height}`, `${width}x${height - 1}`]
  })
  const framed = shapedByFrames ? { size: ['1280x720'], ratio: ['16:9'] } : { size: [], ratio: [] }
  return [
    ...misses('seconds', 'seconds', [...lengths, ...(gaps ?? [])].map(String)),
    ...misses('size', 'size', [...sizes, ...framed.size, '1278x720', '1280x718', '333x777']),
    ...misses('aspectRatio', 'aspect_ratio', [...framed.ratio, '7:5', '2.39:1', '1:3']),
    ...misses('resolution', 'resolution', ['333p', '721p', '8640p']),
  ]
}

/** Throws unless a normalised request is one that the model lists, and the nearest of lengths. */
export function assertNearest({ capabilities }: Asking, { request }: Planned, { asked }: Near): void {
  const { seconds, sizes, ratios, resolutions } = capabilities
  if (asked.seconds !== undefined && seconds !== null) {
    const wanted = Number(asked.seconds)
    const from = seconds.values ?? range(seconds.min, seconds.max)
    const least = Math.min(...from.map((value) => Math.abs(value - wanted)))
    assert.ok(from.includes(Number(request.seconds)), `${request.seconds} s is legal`)
    assert.equal(
      Math.abs(Number(request.seconds) - wanted),
      least,
      `${request.seconds} s is nearest to ${wanted} s`,
    )
  }
  if (request.size !== null) assert.ok(sizes.includes(request.size))
  if (request.aspectRatio !== null) assert.ok(ratios.includes(request.aspectRatio))
  if (request.resolution !== null) assert.ok(resolutions.includes(request.resolution))
}

const range = (min: number, max: number): number[] =>
  Array.from({ length: max - min + 1 }, (_, index) => min + index)

/** The sets of files that the model lists: each role alone, both frames, and as many references as it takes. */
export function legalFilesOf({ capabilities: { inputs } }: Asking): Role[][] {
  const { first_frame: first = 0, last_frame: last = 0, reference = 0 } = inputs
  return [
    ...(first > 0 ? [['first_frame'] as Role[]] : []),
    ...(first > 0 && last > 0 ? [['first_frame', 'last_frame'] as Role[]] : []),
    ...(reference > 0 ? [Array.from({ length: reference }, (): Role => 'reference')] : []),
  ]
}

/** How a file's content may stand in a body. */
const formsOf = (content: string): string[] => [content, Buffer.from(content).toString('base64')]

/** The files that a create with these roles loses on the way to the provider. */
export async function filesLost(
  asking: Asking,
  upstream: FaultServer,
  roles: readonly Role[],
): Promise<string[]> {
  const planned = plan(asking, {}, { roles, normalize: 'none' })
  assert.ok(planned.kind === 'planned', `${asking.model} takes ${roles.join()}`)
  const { request } = planned
  const contents = request.inputs.map(({ role }, index) => `${role}-number-${index}`)
  const inputs = request.inputs.map(({ role }, index) => {
    const content = contents[index] ?? ''
    return { ...inputFile(role, content), publicUrl: () => `https://gateway.example/${content}` }
  })
  const answer = await asking.say(startRequest(asking.model, { request, inputs }))
  assert.ok(
    !('refused' in answer),
    `${asking.model} with ${roles.join()}: ${'refused' in answer ? answer.refused : ''}`,
  )
  const bodies = upstream.seen.map(({ body }) => body).join()
  return contents.filter((content) => !formsOf(content).some((form) => bodies.includes(form)))
}
