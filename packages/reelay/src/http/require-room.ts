import { projectOf, type Exchange } from './exchange.ts'
import { tooManyVideos } from './limit-answer.ts'

const DAY_MS = 86_400_000

/**
 * Refuses a create that the insert would refuse, before its body is received. The insert has the final word.
 * @throws ApiError `rate_limit_exceeded`
 */
export async function requireRoom(exchange: Exchange): Promise<void> {
  const { clock, rates, store } = exchange.shared
  const projectId = projectOf(exchange)
  const { inFlight, perDay } = await rates.limitsOf(projectId)
  if (inFlight === null && perDay === null) return
  const usage = await store.projectUsage(projectId)
  const nowMs = clock.nowMs()
  if (inFlight !== null && usage.inFlight >= inFlight)
    throw tooManyVideos({ kind: 'limited', by: 'in_flight', max: inFlight }, nowMs)
  if (perDay === null || usage.createdToday < perDay) return
  const dayEndsAtMs = (Math.floor(nowMs / DAY_MS) + 1) * DAY_MS
  throw tooManyVideos({ kind: 'limited', by: 'per_day', max: perDay, dayEndsAtMs }, nowMs)
}
