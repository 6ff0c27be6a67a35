import { z } from 'zod'

const input = z.union([
  z.string().describe('An http(s) URL or a data URL.'),
  z.object({ image_url: z.string() }),
])

const fields = {
  model: z.string().max(256).optional().describe('The server may have a default.'),
  prompt: z.string().describe('What the video shows.'),
  seconds: z.union([z.string(), z.number()]).optional(),
  size: z.string().optional().describe('WIDTHxHEIGHT.'),
  resolution: z.string().optional().describe('For instance 720p.'),
  aspect_ratio: z.string().optional().describe('For instance 16:9.'),
  negative_prompt: z.string().optional(),
  seed: z.int().min(-1).max(Number.MAX_SAFE_INTEGER).optional(),
  generate_audio: z.boolean().optional(),
  callback_url: z.string().optional().describe('Checked and stored; this version posts nothing to it yet.'),
  metadata: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Echoed in the video object; 16 KiB at most.'),
  provider_options: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('For the provider, as its adapter allows.'),
  deadline: z.int().min(60).max(604_800).optional().describe('Seconds after which the gateway gives up.'),
  normalize: z.enum(['none', 'nearest']).optional(),
  user: z.string().optional().describe('Accepted and ignored.'),
}

/** The body of a create as JSON or as an urlencoded form. */
export const createJsonSchema: z.ZodType = z
  .object({
    ...fields,
    input_reference: z
      .union([input, z.array(input)])
      .optional()
      .describe('Several keep their order.'),
    first_frame: input.optional(),
    last_frame: input.optional(),
    video: z.string().optional(),
  })
  .meta({ id: 'VideoCreate' })

const file = z.union([z.file(), z.string()])

/** The same as a multipart form, in which inputs may be files. */
export const createFormSchema: z.ZodType = z
  .object({
    ...fields,
    input_reference: z
      .union([file, z.array(file)])
      .optional()
      .describe('Several keep their order.'),
    first_frame: file.optional(),
    last_frame: file.optional(),
    video: file.optional(),
  })
  .meta({ id: 'VideoCreateForm' })
