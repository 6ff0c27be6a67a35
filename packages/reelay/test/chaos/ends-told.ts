import { seededNumbers } from '../support/seeded-numbers.ts'
import { Receiver } from '../webhooks/receiver.ts'
import { seedOf } from './options.ts'

/** Of deliveries: answered with a 503, so that they come again. */
const REFUSED_SHARE = 0.1

/** The application's server, which is told the end of each task, and what it was told. */
export class EndsTold implements AsyncDisposable {
  refused = 0
  readonly #receiver: Receiver
  readonly #accepted = new Map<string, number>()
  readonly #ids = new Map<string, Set<string>>()

  private constructor(receiver: Receiver) {
    this.#receiver = receiver
  }

  static async open(seed: number): Promise<EndsTold> {
    const random = seededNumbers(seedOf(seed, 'receiver', 0))
    const receiver = await Receiver.open((response, call) => {
      const isRefused = random() < REFUSED_SHARE
      told.#take(call, isRefused)
      response.writeHead(isRefused ? 503 : 204).end()
    })
    const told = new EndsTold(receiver)
    return told
  }

  #take(call: number, isRefused: boolean): void {
    const received = this.#receiver.received[call - 1]
    const task = String(received?.event['task_id'])
    this.#ids.set(task, (this.#ids.get(task) ?? new Set()).add(received?.headers['webhook-id'] ?? ''))
    if (isRefused) this.refused += 1
    else this.#accepted.set(task, (this.#accepted.get(task) ?? 0) + 1)
  }

  get url(): string {
    return this.#receiver.url
  }

  /** Requests, refused ones included. */
  get received(): number {
    return this.#receiver.received.length
  }

  /** Accepted though the same was accepted before. */
  get again(): number {
    return [...this.#accepted.values()].reduce((sum, count) => sum + count - 1, 0)
  }

  get withSeveralIds(): number {
    return [...this.#ids.values()].filter(({ size }) => size > 1).length
  }

  /** Whether the end of the task was accepted. */
  has(taskId: string): boolean {
    return this.#accepted.has(taskId)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#receiver[Symbol.asyncDispose]()
  }
}
