import { z } from 'zod'

export type VideoAdopt = {
  provider: string
  id: string
  model?: string | undefined
  endpoint?: string | undefined
  prompt?: string | undefined
  metadata?: Record<string, unknown> | undefined
  callback_url?: string | undefined
  deadline?: number | undefined
}

/** The body of `POST /v1/videos/adopt`. */
export const adoptSchema: z.ZodType<VideoAdopt> = z
  .strictObject({
    provider: z.string().trim().min(1).max(100).describe('The provider account in which the job was made.'),
    id: z.string().trim().min(1).max(512).describe("The provider's own id of the job."),
    model: z
      .string()
      .trim()
      .min(1)
      .max(256)
      .optional()
      .describe(
        'That the job was made with; fal, Gemini and MiniMax ask for it. `<provider>/unknown` when absent.',
      ),
    endpoint: z
      .string()
      .trim()
      .min(1)
      .max(100)
      .optional()
      .describe('Under which the job was made, where the provider has several: Kling, MiniMax.'),
    prompt: z.string().min(1).optional().describe('Only shown.'),
    metadata: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('Echoed in the video object; 16 KiB at most.'),
    callback_url: z
      .string()
      .max(2_048)
      .optional()
      .describe('Is sent a signed event when the video has ended.'),
    deadline: z
      .int()
      .min(60)
      .max(604_800)
      .optional()
      .describe("Seconds from now after which the gateway gives up; the provider's own when absent."),
  })
  .meta({ id: 'VideoAdopt' })
