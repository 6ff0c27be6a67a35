import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Simulator, startSimulator } from '@reelay/simulator'
import { z } from 'zod'
import { ask, create, follow, untilVideo } from './client.ts'
import { JumpClock } from './jump-clock.ts'
import { openGateway, type OpenGateway } from './open-gateway.ts'

/** The published page of a retrieved task, field by field: what is required, which types, which ranges. */
const unixSeconds = z.int().min(1_700_000_000).max(99_999_999_999)
const published = {
  id: z.string().min(1),
  object: z.literal('video'),
  model: z.literal('wan2.6'),
  created_at: unixSeconds,
  task_id: z.string(),
}
const none = z.undefined().optional()
const failure = z.looseObject({ code: z.string().min(1), message: z.string().min(1) })
const LIMIT = { timeout: 20_000 }
const share = z.int().min(0).max(99)

/** Which fields appear when. What has no value yet is null, except for the link, which is then absent. */
const PAGES = {
  queued: { progress: z.literal(0), completed_at: z.null(), video_url: none, error: z.null() },
  in_progress: { progress: share, completed_at: z.null(), video_url: none, error: z.null() },
  completed: { progress: z.literal(100), completed_at: unixSeconds, video_url: z.url(), error: z.null() },
  failed: { progress: share, completed_at: z.unknown(), video_url: none, error: failure },
  error: { progress: share, completed_at: z.unknown(), video_url: none, error: failure },
} as const

let upstream: Simulator
let gateway: OpenGateway
const clock = new JumpClock()
before(async () => {
  upstream = await startSimulator({ dialect: 'comet', dripMs: 1 })
  const environment = { REELAY_PROVIDERS: 'cometapi', COMETAPI_KEY: 'test-key' }
  gateway = await openGateway({ ...environment, COMETAPI_BASE_URL: upstream.url }, { clock })
})
after(async () => {
  await gateway.stop()
  await upstream.close()
})

function check(status: keyof typeof PAGES, video: { id: string; task_id?: string; status: string }): void {
  const page = z.looseObject({ ...published, status: z.literal(status), ...PAGES[status] })
  const result = page.safeParse(video)
  assert.ok(result.success, `${result.error?.message} ${JSON.stringify(video)}`)
  assert.equal(video.task_id, video.id)
}

test('queued, in_progress and completed', LIMIT, async (t) => {
  const steps = upstream.hold('poll')
  t.after(() => steps.release())
  const { id } = await create(gateway, { model: 'wan2.6', prompt: 'fields [up:steps=running:30*2,done]' })
  await steps.reached()
  check('queued', (await ask(gateway, `/v1/videos/${id}`)).json as { id: string; status: string })
  const link = upstream.hold('link')
  t.after(() => link.release())
  steps.release()
  check('in_progress', await untilVideo(gateway, id, ({ progress }) => progress === 30))
  await link.reached()
  // The provider has finished; the file is not here yet, so neither is the end.
  check('in_progress', (await ask(gateway, `/v1/videos/${id}`)).json as { id: string; status: string })
  link.release()
  check('completed', (await follow(gateway, id)).at(-1)!)
})

test('failed', LIMIT, async () => {
  const prompt = 'fields [up:steps=running:30,failed] [up:failed=the cat ran away]'
  const { id } = await create(gateway, { model: 'wan2.6', prompt })
  check('failed', (await follow(gateway, id)).at(-1)!)
})

test('error: nobody can say how it ended', LIMIT, async () => {
  const prompt = 'fields [up:steps=running:30*]'
  const { id } = await create(gateway, { model: 'wan2.6', prompt, deadline: '60' })
  await untilVideo(gateway, id, ({ progress }) => progress === 30)
  clock.jump(120_000)
  const end = (await follow(gateway, id)).at(-1)!
  check('error', end)
  assert.equal(end.error?.code, 'deadline_exceeded')
})
