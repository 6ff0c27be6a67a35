import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { startServer, type ChildServer } from './child-server.ts'
import { seedJobs, type SeededJob } from './seed-jobs.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** Each has sixteen connections to its provider, as shipped. */
const ACCOUNTS = 16
const CLIP = fileURLToPath(new URL('../packages/simulator/clips/clip.mp4', import.meta.url))
const lagsSchema = z.array(z.tuple([z.number(), z.number()]))
const statsSchema: z.ZodType<UpstreamStats> = z.object({
  looksTotal: z.number(),
  looks: z.array(z.tuple([z.string(), z.number()])),
})

/** How often it was looked at jobs, in all and at each. */
export type UpstreamStats = { looksTotal: number; looks: [jobId: string, count: number][] }

export const accountOf = (index: number): string => `replicate_${index % ACCOUNTS}`

type FleetOptions = {
  latencyMs: number
  /** Between two looks at a job; the provider's own when absent. */
  intervalMs?: number
  jobs: readonly SeededJob[]
}

/** A gateway with tasks in flight and the upstream that it looks at, in processes of their own. */
export class PolledFleet implements AsyncDisposable {
  readonly upstream: ChildServer
  readonly gateway: ChildServer
  readonly directory: string
  readonly #statsPath: string
  readonly #stack: AsyncDisposableStack

  private constructor(parts: {
    upstream: ChildServer
    gateway: ChildServer
    directory: string
    statsPath: string
    stack: AsyncDisposableStack
  }) {
    this.upstream = parts.upstream
    this.gateway = parts.gateway
    this.directory = parts.directory
    this.#statsPath = parts.statsPath
    this.#stack = parts.stack
  }

  static async open({ latencyMs, intervalMs, jobs }: FleetOptions): Promise<PolledFleet> {
    await using opened = new AsyncDisposableStack()
    const directory = opened.use(await temporaryDirectory()).path
    await seedJobs(directory, jobs)
    const key = randomBytes(24).toString('base64')
    const upstreamArgs = ['--latency', String(latencyMs), '--clip', CLIP, '--key', key]
    const upstream = await startServer('./timed-upstream.ts', upstreamArgs, {})
    opened.defer(() => upstream.stop())
    const statsPath = join(directory, 'lags.json')
    const gatewayArgs = ['--upstream', upstream.url, '--accounts', String(ACCOUNTS), '--stats', statsPath]
    const interval = intervalMs === undefined ? [] : ['--interval', String(intervalMs)]
    const gateway = await startServer(
      './polling-gateway.ts',
      [...gatewayArgs, ...interval, '--secret', `whsec_${key}`],
      {
        REELAY_DATA_DIR: directory,
        REELAY_PORT: '0',
        REELAY_LIMITS: 'off',
        REELAY_LOG_LEVEL: 'error',
      },
    )
    opened.defer(async () => {
      if (gateway.process.exitCode === null && gateway.process.signalCode === null) await gateway.stop()
    })
    return new PolledFleet({ upstream, gateway, directory, statsPath, stack: opened.move() })
  }

  async stats(): Promise<UpstreamStats> {
    return statsSchema.parse(await (await fetch(`${this.upstream.url}/stats`)).json())
  }

  /** Ends the gateway. @returns when each look left, and how long after its due time */
  async lags(): Promise<readonly { atMs: number; lagMs: number }[]> {
    await this.gateway.stop()
    const lags = lagsSchema.parse(JSON.parse(await readFile(this.#statsPath, 'utf8')))
    return lags.map(([atMs, lagMs]) => ({ atMs, lagMs }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}
