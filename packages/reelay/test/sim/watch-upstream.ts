import type { Findings } from './findings.ts'
import type { Job, Upstream } from './upstream.ts'
import type { World } from './world.ts'

/** A billable request is about to leave: it must be on disk, and the only one of its task that may be billed. */
export function checkPosting(world: World, token: string, taskId: string): void {
  const { findings, upstream } = world
  const task = world.stored(taskId)
  const isStored = task?.state === 'submitting' && task.attempt?.clientToken === token
  findings.check(5, isStored, () => `${taskId} is ${task?.state} while its request leaves`)
  const earlier = upstream.posts.filter((post) => post.taskId === taskId)
  findings.check(5, !earlier.some((post) => post.token === token), () => `${taskId}: the same attempt twice`)
  const billed = earlier.some(({ jobId }) => jobId !== null)
  findings.check(5, !billed, () => `${taskId} is billed already`)
  if (world.disturbances > 0) findings.check(6, !billed, () => `${taskId} is billed already, before a crash`)
}

const WINDOW_MS = 4_000
/** Three looks at once and one a second for callbacks, a few that were planned, and some after a crash. */
const LOOKS_MAX = 12

/** How often each job is looked at. */
export class LookRate {
  readonly #upstream: Upstream
  readonly #findings: Findings
  readonly #seen = new Map<string, number[]>()

  constructor(upstream: Upstream, findings: Findings) {
    this.#upstream = upstream
    this.#findings = findings
  }

  saw({ id }: Job): void {
    const { nowMs } = this.#upstream
    const seen = (this.#seen.get(id) ?? []).filter((atMs) => atMs > nowMs - WINDOW_MS)
    seen.push(nowMs)
    this.#seen.set(id, seen)
    this.#findings.check(16, seen.length <= LOOKS_MAX, () => `${id}: ${seen.length} looks in ${WINDOW_MS} ms`)
  }
}
