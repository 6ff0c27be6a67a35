import { isRecord, recordOf, textOf } from '../../src/system/json.ts'
import type { SeenRequest } from './fault-server.ts'

/** What a create says of length and shape, in the words of a request: null where it says nothing. */
export type Said = {
  seconds: string | null
  size: string | null
  aspectRatio: string | null
  resolution: string | null
}

/** Reads a body that some adapter sent. Written from the providers' documentation, not from the adapters. */
export type SaidReader = (seen: SeenRequest) => Said | Promise<Said>

const scalar = (value: unknown): string | null =>
  typeof value === 'number' ? String(value) : typeof value === 'string' ? value : null

const lower = (value: unknown): string | null => textOf(value)?.toLowerCase() ?? null

/** `1280:720` and `1280*720`. */
const pixels = (value: unknown): string | null => textOf(value)?.replace(/[:*]/, 'x') ?? null

const bodyOf = ({ body }: SeenRequest): Record<string, unknown> => recordOf(JSON.parse(body))

/** The usual names, with `8s` and `8` for the same length and tiers in any case. */
function plain(body: Readonly<Record<string, unknown>>): Said {
  return {
    seconds: scalar(body['duration'])?.replace(/s$/, '') ?? null,
    size: pixels(body['size']),
    aspectRatio: textOf(body['aspect_ratio']),
    resolution: lower(body['resolution']),
  }
}

const withRatio = (body: Readonly<Record<string, unknown>>): Said => ({
  ...plain(body),
  aspectRatio: textOf(body['ratio']),
})

const KLING_MODES: Readonly<Record<string, string>> = { std: '720p', standard: '720p', pro: '1080p' }

const byMode = (body: Readonly<Record<string, unknown>>): Said => ({
  ...plain(body),
  resolution: KLING_MODES[textOf(body['mode']) ?? ''] ?? null,
})

const runway = (body: Readonly<Record<string, unknown>>): Said => ({
  ...plain(body),
  size: pixels(body['ratio']),
})

function veo(body: Readonly<Record<string, unknown>>): Said {
  const parameters = recordOf(body['parameters'])
  return {
    seconds: scalar(parameters['durationSeconds']),
    size: null,
    aspectRatio: textOf(parameters['aspectRatio']),
    resolution: textOf(parameters['resolution']),
  }
}

function bedrock(body: Readonly<Record<string, unknown>>): Said {
  const input = recordOf(body['modelInput'])
  const config = isRecord(input['videoGenerationConfig']) ? input['videoGenerationConfig'] : input
  return {
    ...plain(config),
    seconds: scalar(config['durationSeconds'])?.replace(/s$/, '') ?? plain(config).seconds,
    size: pixels(config['dimension']),
  }
}

/** One field for pixels, ratios and orientations such as `16x9`. */
async function comet({ headers, body }: SeenRequest): Promise<Said> {
  const type = headers['content-type'] ?? ''
  const form = await new Response(body, { headers: { 'content-type': type } }).formData()
  const size = form.get('size')
  const isRatio = typeof size === 'string' && /^\d{1,2}[x:]\d{1,2}$/.test(size)
  return {
    seconds: scalar(form.get('seconds')),
    size: isRatio ? null : scalar(size),
    aspectRatio: isRatio ? size.replace('x', ':') : null,
    resolution: null,
  }
}

/** Its native routes have the bodies of the makers. */
function cometapi(seen: SeenRequest): Said | Promise<Said> {
  if (seen.path.startsWith('/kling/')) return byMode(bodyOf(seen))
  if (seen.path.startsWith('/runwayml/')) return runway(bodyOf(seen))
  if (seen.path.startsWith('/volc/')) return withRatio(bodyOf(seen))
  return seen.path.startsWith('/grok/') ? plain(bodyOf(seen)) : comet(seen)
}

const json =
  (read: (body: Record<string, unknown>) => Said): SaidReader =>
  (seen) =>
    read(bodyOf(seen))

/** By provider. Those that describe no models are not here: what they are sent is not checked against anything. */
export const SAID_READERS: Readonly<Record<string, SaidReader>> = {
  ark: json(withRatio),
  bedrock: json(bedrock),
  cometapi,
  dashscope: json((body) => withRatio(recordOf(body['parameters']))),
  fal: json(plain),
  gemini: json(veo),
  kling: json(byMode),
  luma: json(plain),
  minimax: json(withRatio),
  openrouter: json(plain),
  pixverse: json((body) => ({ ...plain(body), resolution: lower(body['quality']) })),
  replicate: json((body) => {
    const input = recordOf(body['input'])
    return textOf(input['mode']) === null ? plain(input) : byMode(input)
  }),
  runway: json(runway),
  vertex: json(veo),
  vidu: json(plain),
  xai: json(plain),
}
