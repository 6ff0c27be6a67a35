import { z } from 'zod'
import type { ChildServer } from './child-server.ts'

const ENDS_WITHIN_MS = 300_000
export const KEY = 'rk_bench_key_000000000000000000000000000000'

const videoSchema = z.object({ id: z.string(), status: z.string() })

export const headers = { authorization: `Bearer ${KEY}` }

/** The one video of `large-video-gateway.ts`, once it is stored. @returns its id */
export async function archive({ url }: ChildServer): Promise<string> {
  const body = new URLSearchParams({ model: 'bench/any', prompt: 'large' })
  const created = await fetch(`${url}/v1/videos`, { method: 'POST', headers, body })
  const { id } = videoSchema.parse(await created.json())
  const endsAtMs = performance.now() + ENDS_WITHIN_MS
  while (performance.now() < endsAtMs) {
    const answer = await fetch(`${url}/v1/videos/${id}`, { headers: { ...headers, prefer: 'wait=10' } })
    const { status } = videoSchema.parse(await answer.json())
    if (status === 'completed') return id
    if (status === 'failed' || status === 'error') throw new Error(`the video ended as ${status}`)
  }
  throw new Error(`the video did not end within ${ENDS_WITHIN_MS} ms`)
}
