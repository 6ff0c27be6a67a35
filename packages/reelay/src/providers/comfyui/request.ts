import { createHash } from 'node:crypto'
import { isRecord, textOf, type JsonRecord } from '../../system/json.ts'
import type { VideoRequest } from '../../task/request.ts'
import { arrangeInputs, type ArrangedInputs } from '../arrange-inputs.ts'
import type { InputFile, StartRequest } from '../provider.ts'
import { jsonBody } from '../request-body.ts'
import { sizeAsPixels, type Pixels } from '../size-as-pixels.ts'
import type { UpstreamBody } from '../upstream.ts'

/** A place in a workflow that a request fills: `{{name}}`, `{{name=fallback}}`, `{{frames@16}}`. */
type Place = { name: string; framesPerSecond: number; fallback: string | null }

/** A graph in ComfyUI's API format, with the places that requests fill. */
export type Workflow = { name: string; graph: JsonRecord; places: readonly Place[] }

type Value = string | number | boolean

type Refused = { refused: string }

const PLACE = /\{\{\s*([a-z][\w.-]*)\s*(?:@(\d{1,3}))?\s*(?:=([^{}]*))?\}\}/g

const NAMES = /^(prompt|negative_prompt|seed|width|height|seconds|generate_audio|first_frame|last_frame)$/
const NUMBERED = /^(reference_[1-9]\d?|option\.[\w-]+)$/

const OPTION = 'option.'

function placeOf([, name = '', framesPerSecond, fallback]: readonly (string | undefined)[]): Place {
  return { name, framesPerSecond: Number(framesPerSecond ?? 0), fallback: fallback?.trim() ?? null }
}

function isLegal({ name, framesPerSecond }: Place): boolean {
  return name === 'frames' ? framesPerSecond > 0 : NAMES.test(name) || NUMBERED.test(name)
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(textsIn)
  return isRecord(value) ? Object.values(value).flatMap(textsIn) : []
}

/** @throws TypeError when it is no graph in API format, or has a place that nothing fills. */
export function parseWorkflow(name: string, json: unknown): Workflow {
  const nodes = isRecord(json) ? Object.values(json) : []
  const isGraph = nodes.every(
    (node) => isRecord(node) && textOf(node['class_type']) !== null && isRecord(node['inputs']),
  )
  if (!isRecord(json) || nodes.length === 0 || !isGraph) {
    throw new TypeError(`The workflow "${name}" is not in API format: export it with "Export (API)".`)
  }
  const places = textsIn(json).flatMap((text) =>
    [...text.matchAll(PLACE)].map((match) => placeOf([...match])),
  )
  const unknown = places.find((place) => !isLegal(place))
  if (unknown !== undefined) {
    throw new TypeError(
      `The workflow "${name}" has a place "{{${unknown.name}}}" that nothing fills. Legal: prompt, negative_prompt, ` +
        'seed, width, height, seconds, frames@N, generate_audio, first_frame, last_frame, reference_N, option.NAME.',
    )
  }
  return { name, graph: json, places }
}

/** What requests may set in `provider_options`: the options that the workflows have places for. */
export const optionsOf = (workflows: readonly Workflow[]): readonly string[] => [
  ...new Set(
    workflows.flatMap(({ places }) =>
      places.flatMap(({ name }) => (name.startsWith(OPTION) ? [name.slice(OPTION.length)] : [])),
    ),
  ),
]

const hashOf = (clientToken: string): string => createHash('sha256').update(clientToken).digest('hex')

/** The id that is asked for: a UUID made from the client token, so that a lost answer can be looked up. */
export function promptIdOf(clientToken: string): string {
  const hex = hashOf(clientToken)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}

/** Without a seed of its own, the same request twice would be the same graph, which is answered from a cache. */
const seedOf = (clientToken: string): number => Number.parseInt(hashOf(clientToken).slice(32, 40), 16)

function filesOf({ firstFrame, lastFrame, references }: ArrangedInputs): Map<string, InputFile> {
  const files = new Map<string, InputFile>()
  if (firstFrame !== null) files.set('first_frame', firstFrame)
  if (lastFrame !== null) files.set('last_frame', lastFrame)
  for (const [index, file] of references.entries()) files.set(`reference_${index + 1}`, file)
  return files
}

const isValue = (value: unknown): value is Value => ['string', 'number', 'boolean'].includes(typeof value)

/** What the client said, by the names of places. */
function valuesOf(request: VideoRequest, { width, height }: Pixels): Map<string, Value> | Refused {
  const given: [string, unknown][] = [
    ['prompt', request.prompt],
    ['negative_prompt', request.negativePrompt],
    ['seed', request.seed],
    ['width', width],
    ['height', height],
    ['seconds', request.seconds === null ? null : Number(request.seconds)],
    ['generate_audio', request.generateAudio],
  ]
  const values = new Map<string, Value>()
  for (const [name, value] of given) if (isValue(value)) values.set(name, value)
  for (const [name, value] of Object.entries(request.providerOptions)) {
    if (!isValue(value)) return { refused: `provider_options.${name} must be a text, a number or a boolean.` }
    values.set(OPTION + name, value)
  }
  return values
}

/** As the client knows it. */
function parameterOf(name: string): string {
  if (name === 'width' || name === 'height') return 'size'
  if (name.startsWith('reference_')) return 'input_reference'
  return name === 'frames' ? 'seconds' : name.replace(/^option\./, 'provider_options.')
}

function fallbackOf({ name, fallback }: Place, clientToken: string): Value | undefined {
  if (fallback !== null) {
    const isLiteral = /^(true|false|-?\d+(\.\d+)?)$/.test(fallback)
    const literal: unknown = isLiteral ? JSON.parse(fallback) : fallback
    return isValue(literal) ? literal : fallback
  }
  if (name === 'seed') return seedOf(clientToken)
  return name === 'negative_prompt' ? '' : undefined
}

/** Models count the first picture too: 5 s at 16 per second are 81. */
const framesOf = (seconds: Value, framesPerSecond: number): number =>
  Math.round(Number(seconds) * framesPerSecond) + 1

function valueFor(place: Place, values: ReadonlyMap<string, Value>, clientToken: string): Value | undefined {
  const given = values.get(place.name === 'frames' ? 'seconds' : place.name)
  if (given === undefined) return fallbackOf(place, clientToken)
  return place.name === 'frames' ? framesOf(given, place.framesPerSecond) : given
}

function refusalOf(
  { name, places }: Workflow,
  values: ReadonlyMap<string, Value>,
  clientToken: string,
): Refused | null {
  const names = new Set(places.map((place) => (place.name === 'frames' ? 'seconds' : place.name)))
  const unused = [...values.keys()].find((given) => !names.has(given))
  if (unused !== undefined) {
    return { refused: `The workflow ${name} has no place for ${parameterOf(unused)}: leave it out.` }
  }
  const missing = places.find((place) => valueFor(place, values, clientToken) === undefined)
  return missing === undefined
    ? null
    : { refused: `The workflow ${name} needs ${parameterOf(missing.name)}.` }
}

/** What fills a workflow; the files have to be uploaded first. */
type Filling = { values: Map<string, Value>; files: ReadonlyMap<string, InputFile> }

/** What a request fills a workflow with, or why it cannot. */
export function fillingOf(start: StartRequest, workflow: Workflow): Filling | Refused {
  const takesReferences = workflow.places.some(({ name }) => name.startsWith('reference_'))
  const inputs = arrangeInputs(start.inputs, { takesReferences })
  if ('refused' in inputs) return inputs
  const pixels = sizeAsPixels(start.request, 'ComfyUI')
  if ('refused' in pixels) return pixels
  const values = valuesOf(start.request, pixels)
  if ('refused' in values) return values
  const files = filesOf(inputs)
  for (const [name, { filename }] of files) values.set(name, filename)
  return refusalOf(workflow, values, start.clientToken) ?? { values, files }
}

function filled(node: unknown, textFor: (text: string) => unknown): unknown {
  if (typeof node === 'string') return textFor(node)
  if (Array.isArray(node)) return node.map((entry) => filled(entry, textFor))
  if (!isRecord(node)) return node
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, filled(value, textFor)]))
}

/** The body that queues the workflow, its places filled. What fills a place is not searched for places again. */
export function comfyuiBody(
  { graph }: Workflow,
  values: ReadonlyMap<string, Value>,
  clientToken: string,
): UpstreamBody {
  const textFor = (text: string): unknown => {
    const matches = [...text.matchAll(PLACE)]
    const [only] = matches
    // A place that is the whole text becomes a number or a boolean where its value is one.
    if (only !== undefined && only[0] === text.trim())
      return valueFor(placeOf([...only]), values, clientToken)
    return text.replace(PLACE, (...match: (string | undefined)[]) =>
      String(valueFor(placeOf(match.slice(0, 4)), values, clientToken)),
    )
  }
  return jsonBody({
    prompt: filled(graph, textFor),
    prompt_id: promptIdOf(clientToken),
    client_id: clientToken,
  })
}
