import { z } from 'zod'
import { plain, type BenchOptions, type Figure } from './figure.ts'
import { median } from './median.ts'
import { seedTasks } from './seed-tasks.ts'
import { startServer } from './child-server.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const TASKS = 100_000
const TASKS_SHORT = 20_000
const PAGE = 50
const PAGES_MEASURED = 200

const pageSchema = z.object({
  data: z.array(z.object({ id: z.string() })),
  has_more: z.boolean(),
  last_id: z.string().nullable(),
})

/** Scrolls through a long list to its end, page by page: the last pages beside the first ones of the same run. */
export async function benchListPages({ isShort }: BenchOptions): Promise<readonly Figure[]> {
  await using directory = await temporaryDirectory()
  const { key } = await seedTasks(directory.path, isShort ? TASKS_SHORT : TASKS)
  const server = await startServer('./gateway-server.ts', [], {
    REELAY_DATA_DIR: directory.path,
    REELAY_PORT: '0',
    REELAY_API_KEY: key,
    REELAY_LIMITS: 'off',
  })
  try {
    const { latenciesMs, seen } = await scroll(server.url, key)
    const first = median(latenciesMs.slice(1, 1 + PAGES_MEASURED))
    const last = median(latenciesMs.slice(-PAGES_MEASURED))
    console.log(
      `GET /v1/videos, ${seen} tasks in ${latenciesMs.length} pages of ${PAGE}, scrolled to the end`,
    )
    console.log(
      `  first ${PAGES_MEASURED} pages ${first.toFixed(2)} ms, last ${PAGES_MEASURED} ${last.toFixed(2)} ms (medians)`,
    )
    console.log(`  ratio ${(last / first).toFixed(2)} (aim: flat)`)
    const figure = `GET /v1/videos, the last pages of ${seen} tasks`
    return [plain({ figure, value: last, unit: 'ms', baseline: `${first.toFixed(2)} ms: the first pages` })]
  } finally {
    await server.stop()
  }
}

async function scroll(url: string, key: string): Promise<{ latenciesMs: number[]; seen: number }> {
  const latenciesMs: number[] = []
  const headers = { authorization: `Bearer ${key}` }
  let after: string | null = null
  let seen = 0
  for (let pages = 0; pages <= TASKS / PAGE; pages += 1) {
    const query: string = after === null ? '' : `&after=${after}`
    const startedMs = performance.now()
    const answer = await fetch(`${url}/v1/videos?limit=${PAGE}${query}`, { headers })
    const page = pageSchema.parse(await answer.json())
    latenciesMs.push(performance.now() - startedMs)
    seen += page.data.length
    after = page.last_id
    if (!page.has_more) break
  }
  return { latenciesMs, seen }
}
