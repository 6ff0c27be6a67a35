import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newTask } from '../../test/support/new-task.ts'
import type { ChangedQuery, TaskPage } from '../store/store.ts'
import type { Task } from '../task/task.ts'
import type { HttpSettings } from './deps.ts'
import { ProjectEvents } from './project-events.ts'
import { TaskView } from './task-view.ts'

const START_MS = 1_790_000_000_000
const settings = { publicUrl: 'http://h', linkKeys: [], linkTtlMs: 1 } as unknown as HttpSettings
const clock = { nowMs: () => START_MS }

const viewOf = (task: Task): TaskView =>
  new TaskView({ task, artifacts: [], entries: [], seq: undefined, settings, clock })

const taskAt = (ms: number, patch: Partial<Task> = {}): Task => newTask(START_MS + ms, patch)

function eventsOver(changedTasks: (query: ChangedQuery) => Promise<TaskPage>, sinceMs: number | null = null) {
  return new ProjectEvents({
    store: { changedTasks },
    profile: 'comet',
    projectId: 'default',
    sinceMs,
    nowMs: START_MS,
    viewOf: async (task) => viewOf(task),
    release: () => undefined,
  })
}

const nothing = async (): Promise<TaskPage> => ({ tasks: [], hasMore: false })

/** The ids of everything that can be sent now. */
async function drain(events: ProjectEvents): Promise<string[]> {
  const ids: string[] = []
  for (let text = await events.next(); text !== undefined; text = await events.next())
    for (const [, id = ''] of text.matchAll(/"id":"(video_\w+)"/g)) ids.push(id)
  return ids
}

test('what waits for a client that does not read is bounded, and is read instead', async () => {
  const asked: ChangedQuery[] = []
  const events = eventsOver(async (query) => {
    asked.push(query)
    return nothing()
  })
  await events.next()
  for (let index = 0; index < 1_000; index += 1) events.changed(viewOf(taskAt(index)))
  const ids = await drain(events)
  assert.ok(ids.length <= 256, `${ids.length} were kept`)
  assert.ok(asked.length === 1 || asked.length === 2, `${asked.length} pages`)
  assert.ok(asked[0]!.after.updatedAtMs < START_MS, 'from before the first that was not kept')
})

test('what is lost while a page is read is read again', async () => {
  let pages = 0
  const late = taskAt(5)
  const events: ProjectEvents = eventsOver(async () => {
    pages += 1
    if (pages > 1) return { tasks: [late], hasMore: false }
    events.lost()
    return nothing()
  }, START_MS)
  assert.deepEqual(await drain(events), [late.id])
  assert.equal(pages, 2)
})

test('a page never comes after what is newer, and the newest state waits at the end', async () => {
  const old = taskAt(1, { progress: 10, state: 'running' })
  const other = taskAt(2)
  const events = eventsOver(nothing)
  await events.next()
  events.changed(viewOf(old))
  events.changed(viewOf(other))
  events.changed(viewOf({ ...old, progress: 20, version: 2, updatedAtMs: START_MS + 3 }))
  const text = (await events.next()) ?? ''
  assert.deepEqual(
    [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id) - START_MS),
    [2, 3],
  )
  const paged = eventsOver(async () => ({ tasks: [{ ...old, version: 5 }], hasMore: false }), START_MS)
  paged.changed(viewOf(old))
  assert.deepEqual(await drain(paged), [old.id], 'what waited was older than the page')
})
