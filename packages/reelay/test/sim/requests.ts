import { StoreUnavailable, type InsertOutcome, type TaskInsert } from '../../src/store/store.ts'
import { newTask } from '../support/new-task.ts'
import type { Command } from './commands.ts'
import { APPLICATION } from './receivers.ts'
import type { Replica } from './replica.ts'
import type { Answer, World } from './world.ts'

const ROUTE = 'POST /v1/videos'
/** Longer than a sequence takes, whatever the clock is set to. */
const KEY_TTL_MS = 60 * 24 * 3_600_000

type Create = Extract<Command, { do: 'create' }>

/** Clients: they ask, hear or do not hear, and ask again. */
export class Clients {
  /** Videos in the order in which somebody asked for them. Some never came to be. */
  readonly asked: { key: string; create: Create }[] = []
  /** Those that a client was told of, by key. */
  readonly told: Map<string, string> = new Map()
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  get ids(): readonly string[] {
    return [...this.told.values()]
  }

  async create(create: Create): Promise<void> {
    const { awake } = this.#world
    this.asked.push({ key: create.key, create })
    const copies = Array.from({ length: create.copies }, (_, index) => awake[index % awake.length])
    const answers: Answer<InsertOutcome>[] = []
    const asking = copies.map(async (replica) => {
      if (replica !== undefined)
        answers.push(await this.#world.ask(() => this.#insert(replica, create, 'same')))
    })
    await Promise.all(asking)
    for (const answer of answers) this.#heard(create, answer)
  }

  async repeat(pick: number, sameContent: boolean): Promise<void> {
    const { awake, watch, findings } = this.#world
    const asked = this.asked[pick % this.asked.length]
    const replica = awake[pick % awake.length]
    if (asked === undefined || replica === undefined) return
    const rows = watch.tasks.size
    const content = sameContent ? 'same' : 'other'
    // The content that came first is the key's, whichever that was.
    const first = this.#firstContentOf(asked.key) ?? content
    const answer = await this.#world.ask(() => this.#insert(replica, asked.create, content))
    if (sameContent || first === content) return this.#heard(asked.create, answer, content)
    if (answer.kind === 'answered')
      findings.check(4, answer.value.kind === 'key_reused', () => `${asked.key} was ${answer.value.kind}`)
    findings.check(4, watch.tasks.size === rows, () => `${asked.key} made a new row`)
  }

  #firstContentOf(key: string): unknown {
    return this.#world.statement('select fingerprint from idempotency where key = ?').get(key)?.[
      'fingerprint'
    ]
  }

  /** Tasks that were made for a key. */
  #rowsOf(key: string): readonly string[] {
    return [...this.#world.watch.tasks.values()]
      .filter(({ metadata }) => metadata?.['key'] === key)
      .map(({ id }) => id)
  }

  #insert({ store }: Replica, create: Create, content: string): Promise<InsertOutcome> {
    const { nowMs, chance } = this.#world
    const { key } = create
    const id = `video_${key.replace('-', '')}x${Math.floor(chance.next() * 1e9)}`
    const candidates = create.candidates.map((account) => ({ account, model: 'm' }))
    const template = newTask(nowMs)
    const insert: TaskInsert = {
      task: {
        ...template,
        id,
        candidates,
        request: { ...template.request, prompt: id },
        callbackUrl: create.callback ? `${APPLICATION}/${key}` : null,
        metadata: { key },
        deadlineAtMs: nowMs + create.deadlineMs,
      },
      account: create.candidates[0] ?? '',
      dueAtMs: nowMs,
      artifacts: [],
      events: [{ kind: 'task.created' }],
      idempotency: { route: ROUTE, key, fingerprint: content, expiresAtMs: nowMs + KEY_TTL_MS },
      replay: null,
      limits: { inFlightMax: null, perDayMax: null },
    }
    return store.insertTask(insert)
  }

  #heard({ key }: Create, answer: Answer<InsertOutcome>, content = 'same'): void {
    const { findings, storeFault } = this.#world
    if (storeFault.mode !== 'up') {
      const isRefused =
        answer.kind === 'silent' || (answer.kind === 'failed' && answer.error instanceof StoreUnavailable)
      findings.check(28, isRefused, () => `a create was ${answer.kind} by a store that is ${storeFault.mode}`)
    }
    findings.check(3, this.#rowsOf(key).length <= 1, () => `${key} made ${this.#rowsOf(key).join(' and ')}`)
    if (answer.kind !== 'answered' || content !== 'same') return
    const { value } = answer
    if (value.kind !== 'created' && value.kind !== 'replayed') return
    const id = value.task?.id
    if (id === undefined) return
    const first = this.told.get(key) ?? id
    findings.check(3, id === first, () => `${key} was answered with ${first}, then with ${id}`)
    this.told.set(key, first)
  }
}
