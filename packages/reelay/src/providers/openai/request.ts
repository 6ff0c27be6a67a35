import type { StartRequest } from '../provider.ts'
import { fieldText, jsonBody, multipartBody } from '../request-body.ts'
import type { UpstreamBody } from '../upstream.ts'

/** Who answers at the base URL. `auto`: found out by the first create. */
export type OpenaiDialect = 'auto' | 'openai' | 'sglang' | 'vllm-omni'

export type Encoding = 'json' | 'multipart'

/** Sampling controls that self-hosted engines take beside the common fields. */
export const OPENAI_OPTIONS: readonly string[] = [
  'num_inference_steps',
  'guidance_scale',
  'guidance_scale_2',
  'true_cfg_scale',
  'boundary_ratio',
  'flow_shift',
  'fps',
  'num_frames',
  'quality',
]

/** How a create without files is written first: SGLang's multipart demands a file, vLLM-Omni reads nothing else. */
export const FIRST_ENCODING: Readonly<Record<OpenaiDialect, Encoding>> = {
  auto: 'json',
  openai: 'multipart',
  sglang: 'json',
  'vllm-omni': 'multipart',
}

/** In JSON, SGLang's length is a whole number; the shape's own is text, which it refuses. */
function secondsIn(encoding: Encoding, seconds: string | null): string | number | null {
  return encoding === 'json' && seconds !== null ? Number(seconds) : seconds
}

function fieldsOf({ request, model }: StartRequest, encoding: Encoding): [string, unknown][] {
  const fields: Readonly<Record<string, unknown>> = {
    // First, so that no option can stand for a field of the request.
    ...Object.fromEntries(OPENAI_OPTIONS.map((name) => [name, request.providerOptions[name]])),
    model,
    prompt: request.prompt,
    seconds: secondsIn(encoding, request.seconds),
    size: request.size,
    resolution: request.resolution,
    aspect_ratio: request.aspectRatio,
    negative_prompt: request.negativePrompt,
    seed: request.seed,
    generate_audio: request.generateAudio,
  }
  return Object.entries(fields).filter(([, value]) => value !== null && value !== undefined)
}

/** The body of a create. Files always go as multipart, in order. */
export async function openaiBody(start: StartRequest, encoding: Encoding): Promise<UpstreamBody> {
  if (encoding === 'json' && start.inputs.length === 0)
    return jsonBody(Object.fromEntries(fieldsOf(start, encoding)))
  const fields = fieldsOf(start, 'multipart').map(([name, value]) => ({ name, text: fieldText(value) }))
  return multipartBody(
    fields,
    start.inputs.map((file) => ({ name: 'input_reference', file })),
  )
}
