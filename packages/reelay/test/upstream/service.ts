import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../../src/system/clock.ts'
import type { Ids } from '../../src/system/ids.ts'
import { jsonAnswer, type Answer } from './answer.ts'
import { contentAnswer } from './content-answer.ts'
import type { Dialect, ListQuery } from './dialect.ts'
import { faultAt, type Fault, type FaultPoint } from './fault.ts'
import type { FaultOrders } from './fault-orders.ts'
import type { Gates } from './gates.ts'
import type { Route, RouteName } from './route.ts'
import { parseScript, type Script } from './script.ts'
import { readSubmission, textField, type Submission } from './submission.ts'
import type { Task } from './task.ts'
import type { Tasks } from './tasks.ts'

export interface ServiceOptions {
  readonly dialect: Dialect
  readonly tasks: Tasks
  readonly orders: FaultOrders
  readonly gates: Gates
  readonly clock: Clock
  readonly ids: Ids
  /** Bearer keys that are accepted; empty accepts any. */
  readonly keys: readonly string[]
  /** Models that are accepted; empty accepts any. */
  readonly models: readonly string[]
  readonly scenario: string
  /** `http://127.0.0.1:port`, known only once the server listens. */
  origin(): string
}

export interface Ask {
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** What to send: the real answer, null when the request had no effect, and the fault that spoils it. */
export interface Outcome {
  readonly real: Answer | null
  readonly fault: Fault | null
  readonly task: Task | null
  readonly script: Script | null
}

interface Barrier {
  readonly stop: Outcome | null
  readonly fault: Fault | null
}

const KEPT_HEADERS: readonly string[] = ['authorization', 'content-type', 'idempotency-key', 'user-agent']

function keptHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept = Object.entries(headers).filter(
    ([name]) => KEPT_HEADERS.includes(name) || name.startsWith('x-'),
  )
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]))
}

function plain(real: Answer): Outcome {
  return { real, fault: null, task: null, script: null }
}

function spoiled(fault: Fault, task: Task | null): Outcome {
  return { real: null, fault, task, script: task?.script ?? null }
}

function signatureOf(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 16)
}

/** The server's behaviour behind every route but the control one. */
export class Service {
  readonly #options: ServiceOptions

  readonly #routes: Readonly<Record<RouteName, (ask: Ask, id: string) => Outcome | Promise<Outcome>>> = {
    create: (ask) => this.#create(ask, null),
    remix: (ask, id) => (this.#options.dialect.remixes ? this.#create(ask, id) : this.#unrouted(ask)),
    poll: (ask, id) => this.#poll(ask, id),
    content: (ask, id) => this.#content(ask, id),
    link: (ask, id) => this.#link(ask, id),
    delete: (ask, id) => this.#delete(ask, id),
    list: (ask) => this.#list(ask),
    models: (ask) => this.#models(ask),
    catalog: (ask) => this.#catalog(ask),
    control: (ask) => this.#unrouted(ask),
    unrouted: (ask) => this.#unrouted(ask),
  }

  constructor(options: ServiceOptions) {
    this.#options = options
  }

  /** Decides the answer, and does to the tasks and the ledger what the request asks for. */
  async handle(route: Route, ask: Ask): Promise<Outcome> {
    return this.#routes[route.name](ask, route.id)
  }

  #unrouted(ask: Ask): Outcome {
    return plain(this.#options.dialect.unrouted(ask.url.pathname))
  }

  /** What stands before a route: an ordered fault, then the key. A fault after acceptance is passed on. */
  #barrier(point: FaultPoint, ask: Ask, task: Task | null): Barrier {
    const fault = this.#options.orders.take(point, task?.prompt ?? '')
    if (fault !== null && !fault.accepted) return { stop: spoiled(fault, task), fault: null }
    const refused = point === 'link' ? null : this.#unauthorized(ask)
    return { stop: refused === null ? null : plain(refused), fault }
  }

  #unauthorized(ask: Ask): Answer | null {
    const { dialect, keys } = this.#options
    if (!dialect.needsKey && keys.length === 0) return null
    const key = /^Bearer (?<key>\S+)$/u.exec(ask.headers.authorization ?? '')?.groups?.['key']
    if (key !== undefined && (keys.length === 0 || keys.includes(key))) return null
    return dialect.error(401, 'invalid_api_key', 'Invalid token.')
  }

  async #create(ask: Ask, remixOf: string | null): Promise<Outcome> {
    const { gates, orders } = this.#options
    await gates.pass('create')
    const submission = await readSubmission(ask.headers['content-type'] ?? '', ask.body, remixOf)
    const prompt = textField(submission.fields, 'prompt')
    const script = this.#scriptOf(prompt)
    const ordered = orders.take('create', prompt) ?? this.#scriptedCreateFault(prompt, script)
    const hasEffect = ordered === null || ordered.accepted
    const refusal = hasEffect ? (this.#unauthorized(ask) ?? this.#refusal(submission, script)) : null
    // A request that is refused was not accepted, so a fault after acceptance has nothing to strike.
    const fault = refusal === null ? ordered : null
    const task = this.#record(ask, submission, hasEffect && refusal === null, fault)
    await gates.pass('create-answer')
    const real = task === null ? refusal : this.#createdAnswer(task)
    return { real, fault, task, script: typeof script === 'string' ? null : script }
  }

  #createdAnswer(task: Task): Answer {
    return task.script.requestIdOnly
      ? jsonAnswer(200, { request_id: task.id })
      : this.#options.dialect.created(task)
  }

  /** The script, or why its markers cannot be read. */
  #scriptOf(prompt: string): Script | string {
    try {
      return parseScript(this.#options.scenario, prompt)
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  #scriptedCreateFault(prompt: string, script: Script | string): Fault | null {
    if (typeof script === 'string') return null
    return faultAt(script.faults.create, this.#options.tasks.createsOf(prompt))
  }

  #refusal(submission: Submission, script: Script | string): Answer | null {
    const { dialect, models, tasks } = this.#options
    if (typeof script === 'string') return dialect.error(400, 'invalid_request', script)
    if (submission.remixOf !== null) {
      const parent = tasks.find(submission.remixOf)
      if (parent === undefined) return dialect.missing(submission.remixOf)
      if (tasks.view(parent).phase !== 'done') return dialect.notReady(tasks.view(parent))
    }
    const model = textField(submission.fields, 'model')
    if (models.length > 0 && model !== '' && !models.includes(model)) {
      return dialect.error(400, 'model_not_found', `The model "${model}" is not served here.`)
    }
    return dialect.refusal(submission)
  }

  #record(ask: Ask, submission: Submission, accepted: boolean, fault: Fault | null): Task | null {
    const { dialect, tasks, ids, clock } = this.#options
    const { fields, files, remixOf } = submission
    const nowMs = clock.nowMs()
    const parent = remixOf === null ? undefined : tasks.find(remixOf)
    const task = tasks.record({
      kind: 'create',
      at: nowMs,
      id: accepted ? dialect.newId(ids, nowMs) : null,
      dialect: dialect.name,
      model: textField(fields, 'model') || (parent?.model ?? dialect.modelDefault),
      prompt: textField(fields, 'prompt'),
      headers: keptHeaders(ask.headers),
      fields,
      files,
      accepted,
      fault: fault?.name ?? null,
      remixOf,
    })
    return task ?? null
  }

  async #poll(ask: Ask, id: string): Promise<Outcome> {
    const { dialect, gates, tasks } = this.#options
    await gates.pass('poll')
    const task = tasks.find(id) ?? null
    const { stop, fault: ordered } = this.#barrier('poll', ask, task)
    if (stop !== null) return stop
    if (task === null) return plain(dialect.missing(id))
    const outcome = tasks.poll(task)
    const about = { fault: outcome.act === 'fault' ? outcome.fault : ordered, task, script: task.script }
    if (outcome.act === 'missing') return { ...about, real: dialect.missing(id) }
    if (outcome.act === 'bare') return { ...about, real: jsonAnswer(200, { request_id: id }) }
    const view = outcome.act === 'step' ? outcome.view : tasks.view(task)
    return { ...about, real: dialect.polled(view, this.#linkUrl(task)) }
  }

  /** The link to show, null while the task has none. */
  #linkUrl(task: Task): string | null {
    const { link } = task.script
    if (this.#options.tasks.view(task).phase !== 'done' || link === 'none') return null
    if (link !== 'own') return link.url
    const path = `/files/${encodeURIComponent(task.id)}.mp4`
    return `${this.#options.origin()}${path}?signature=${signatureOf(task.id)}`
  }

  async #content(ask: Ask, id: string): Promise<Outcome> {
    const { dialect, gates, tasks } = this.#options
    await gates.pass('content')
    const task = tasks.find(id) ?? null
    const { stop, fault: ordered } = this.#barrier('content', ask, task)
    if (stop !== null) return stop
    if (task === null) return plain(dialect.missing(id))
    const variant = ask.url.searchParams.get('variant') ?? 'video'
    if (variant !== 'video') return plain(dialect.error(404, 'not_found', `There is no ${variant}.`))
    const view = tasks.view(task)
    const about = { task, script: task.script }
    if (view.phase !== 'done') return { ...about, real: dialect.notReady(view), fault: ordered ?? null }
    const scripted = faultAt(task.script.faults.content, task.uses.content)
    task.uses.content += 1
    return { ...about, real: contentAnswer(task, ask.headers.range), fault: ordered ?? scripted }
  }

  /** The file behind `video_url`: signed, and served to anyone. */
  async #link(ask: Ask, id: string): Promise<Outcome> {
    const { gates, tasks } = this.#options
    await gates.pass('link')
    const task = tasks.find(id) ?? null
    const { stop, fault: ordered } = this.#barrier('link', ask, task)
    if (stop !== null) return stop
    if (task === null || tasks.view(task).phase !== 'done')
      return plain(jsonAnswer(404, { message: 'No such key.' }))
    if (ask.url.searchParams.get('signature') !== signatureOf(id)) {
      return plain(jsonAnswer(403, { message: 'The signature does not match.' }))
    }
    const scripted = faultAt(task.script.faults.link, task.uses.link)
    task.uses.link += 1
    const real = contentAnswer(task, ask.headers.range)
    return { real, fault: ordered ?? scripted, task, script: task.script }
  }

  async #delete(ask: Ask, id: string): Promise<Outcome> {
    const { dialect, gates, tasks } = this.#options
    await gates.pass('delete')
    const task = tasks.find(id) ?? null
    const { stop, fault: ordered } = this.#barrier('delete', ask, task)
    if (stop !== null) return stop
    if (dialect.deleted === undefined) return this.#unrouted(ask)
    if (task === null) return plain(dialect.missing(id))
    const scripted = faultAt(task.script.faults.delete, task.uses.delete)
    task.uses.delete += 1
    const fault = ordered ?? scripted
    if (fault !== null && !fault.accepted) return spoiled(fault, task)
    const { answer, removes } = dialect.deleted(tasks.view(task))
    if (removes) tasks.remove(id)
    return { real: answer, fault, task, script: task.script }
  }

  #list(ask: Ask): Outcome {
    const { dialect, tasks } = this.#options
    const { stop, fault } = this.#barrier('list', ask, null)
    if (stop !== null) return stop
    if (dialect.listed === undefined) return this.#unrouted(ask)
    const { searchParams } = ask.url
    const limit = searchParams.get('limit')
    const order = searchParams.get('order') === 'asc' ? 'asc' : 'desc'
    const query: ListQuery = {
      after: searchParams.get('after'),
      limit: limit === null ? null : Number(limit),
      order,
    }
    const views = tasks.all().map((task) => tasks.view(task))
    const real = dialect.listed(order === 'asc' ? views : views.toReversed(), query)
    return { real, fault, task: null, script: null }
  }

  #models(ask: Ask): Outcome {
    const { orders } = this.#options
    if (orders.outageFault !== null) return spoiled(orders.outageFault, null)
    const refused = this.#unauthorized(ask)
    if (refused !== null) return plain(refused)
    const data = this.#served().map((id) => ({ id, object: 'model', created: 1_767_225_600, owned_by: 'up' }))
    return plain(jsonAnswer(200, { object: 'list', data }))
  }

  /** CometAPI's public list, which wants no key. */
  #catalog(ask: Ask): Outcome {
    const { dialect, orders } = this.#options
    if (orders.outageFault !== null) return spoiled(orders.outageFault, null)
    if (dialect.name !== 'comet') return this.#unrouted(ask)
    const data = this.#served().map((id) => ({ id, provider: 'up', model_type: 'video', features: [] }))
    return plain(jsonAnswer(200, { success: true, page: 1, page_size: 100, total: data.length, data }))
  }

  #served(): readonly string[] {
    const { dialect, models } = this.#options
    return models.length > 0 ? models : dialect.models
  }
}
