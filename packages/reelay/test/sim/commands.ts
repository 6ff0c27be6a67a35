import type { Chance } from './chance.ts'
import { ACCOUNTS, type Account, type Trap, type TrapPoint } from './replica.ts'
import type { ADDRESSES, Mood } from './receivers.ts'
import type { Fate, Luck, Outage } from './upstream.ts'

export const COMMANDS_MIN = 30
const COMMANDS_MORE = 10
const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const TASKS_MAX = 5
const CREATED_FIRST = 2
const PICK_MAX = 1_000

export type CallbackKind = 'true' | 'premature' | 'wrong_id' | 'forged' | 'forged_id' | 'stranger'

/** What happens to a world. `pick` chooses among what is there, so that a command means something without those before it. */
export type Command =
  | {
      do: 'create'
      copies: number
      key: string
      deadlineMs: number
      /** Who may make it, in turn: the first one is configured, as a create sees to. */
      candidates: readonly Account[]
      callback: boolean
    }
  | { do: 'repeat'; pick: number; sameContent: boolean }
  | { do: 'callback'; pick: number; kind: CallbackKind; nonce: number }
  | { do: 'flood'; pick: number; count: number; gapMs: number }
  | { do: 'cancel' | 'delete'; pick: number }
  | { do: 'pass'; ms: number }
  | { do: 'kill' | 'boot' | 'freeze' | 'thaw' | 'stop'; pick: number }
  | ({ do: 'trap'; pick: number } & Trap)
  | { do: 'store'; mode: 'up' | 'full' | 'down' | 'flaky' }
  | { do: 'disk'; isFull: boolean }
  | { do: 'jump'; ms: number }
  | { do: 'upstream'; account: string; outage: Outage }
  | { do: 'receiver'; at: keyof typeof ADDRESSES; mood: Mood }
  | { do: 'job'; pick: number; becomes: Fate | 'link_dead' }

/** A sequence: what it begins with, and what then happens. */
export type Plan = {
  seed: number
  replicas: number
  /** Configured in its processes. Tasks may name others all the same. */
  accounts: readonly Account[]
  luck: Luck
  commands: readonly Command[]
}

const WEIGHTS: Readonly<Record<Command['do'], number>> = {
  pass: 34,
  create: 8,
  repeat: 3,
  callback: 9,
  flood: 2,
  cancel: 3,
  delete: 2,
  kill: 3,
  boot: 9,
  freeze: 2,
  thaw: 7,
  stop: 1,
  trap: 10,
  store: 4,
  disk: 3,
  jump: 2,
  upstream: 5,
  receiver: 4,
  job: 3,
}

const TRAPS: readonly [TrapPoint, ...TrapPoint[]] = [
  'submit.prepared',
  'submit.prepared',
  'submit.answered',
  'poll.answered',
  'poll.answered',
  'poll.answered',
  'archive.opened',
  'archive.kept',
  'archive.kept',
  'archive.kept',
  'archive.committed',
  'deliver.claimed',
  'deliver.answered',
  'deliver.answered',
  'write.before',
  'write.before',
  'write.after',
]

const CONFIGURED: readonly [Configured, ...Configured[]] = [
  ['one'],
  ['one'],
  ['one', 'two'],
  ['one', 'two'],
  ['two'],
]
type Configured = readonly [Account, ...Account[]]
/** Of tasks: they may be made by either account. */
const FALLBACK_SHARE = 0.2

/** The sequence of a seed. */
export function planOf(seed: number, chance: Chance, replicasMax: number): Plan {
  const count = chance.whole(COMMANDS_MIN, COMMANDS_MIN + COMMANDS_MORE)
  const accounts = chance.pick(CONFIGURED)
  let created = 0
  const commands: Command[] = []
  while (commands.length < count) {
    const isEarly = commands.length < CREATED_FIRST
    const name = isEarly ? 'create' : chance.weighted(WEIGHTS)
    if (name === 'create') created += 1
    commands.push(
      commandOf(name === 'create' && created > TASKS_MAX ? 'pass' : name, {
        chance,
        accounts,
        index: commands.length,
      }),
    )
  }
  return { seed, replicas: chance.whole(1, replicasMax), accounts, luck: luckOf(chance), commands }
}

/** Some worlds fare well, others do not: both have their own mistakes. */
function luckOf(chance: Chance): Luck {
  const share = (most: number): number => (chance.happens(0.4) ? 0 : chance.next() * most)
  return {
    submitFault: share(0.7),
    probeFault: share(0.4),
    downloadFault: share(0.6),
    slow: share(0.3),
    callbackLost: chance.pick([0, 0.3, 1]),
    callbackRepeated: share(1),
  }
}

type Drawing = { chance: Chance; accounts: readonly [Account, ...Account[]]; index: number }

function commandOf(name: Command['do'], { chance, accounts, index }: Drawing): Command {
  const pick = chance.whole(0, PICK_MAX)
  switch (name) {
    case 'create':
      return {
        do: name,
        copies: chance.weighted({ 1: 6, 2: 2, 3: 1 }) === '1' ? 1 : chance.whole(2, 3),
        key: `key-${index}`,
        deadlineMs: chance.duration(MINUTE_MS, HOUR_MS),
        candidates: candidatesOf(chance.pick(accounts), chance.happens(FALLBACK_SHARE)),
        callback: chance.happens(0.5),
      }
    case 'repeat':
      return { do: name, pick, sameContent: chance.happens(0.7) }
    case 'callback':
      return { do: name, pick, kind: chance.pick(CALLBACKS), nonce: chance.whole(0, 3) }
    case 'flood':
      return { do: name, pick, count: chance.whole(30, 60), gapMs: chance.whole(20, 120) }
    case 'pass':
      return { do: name, ms: chance.duration(100, chance.pick([30 * SECOND_MS, 20 * MINUTE_MS])) }
    case 'trap':
      return { do: name, pick, point: chance.pick(TRAPS), act: chance.pick(['kill', 'freeze', 'freeze']) }
    case 'store':
      return { do: name, mode: chance.pick(['up', 'up', 'full', 'down', 'flaky']) }
    case 'disk':
      return { do: name, isFull: chance.happens(0.4) }
    case 'jump':
      return { do: name, ms: chance.pick([-24 * HOUR_MS, -HOUR_MS, HOUR_MS, -MINUTE_MS, MINUTE_MS]) }
    case 'upstream':
      return {
        do: name,
        account: chance.pick(ACCOUNTS),
        outage: chance.pick(['none', 'none', 'none', 'refused', 'reset', 'html', 'limited']),
      }
    case 'receiver':
      return {
        do: name,
        at: chance.pick(['good', 'bad', 'bad']),
        mood: chance.pick(['works', 'works', 'fails', 'hangs', 'refuses', 'busy']),
      }
    case 'job':
      return { do: name, pick, becomes: chance.pick(['link_dead', 'link_dead', 'failed', 'forgotten']) }
    case 'cancel':
    case 'delete':
    case 'kill':
    case 'boot':
    case 'freeze':
    case 'thaw':
    case 'stop':
      return { do: name, pick }
  }
}

const candidatesOf = (first: Account, mayFallBack: boolean): readonly Account[] =>
  mayFallBack ? [first, ...ACCOUNTS.filter((other) => other !== first)] : [first]

const CALLBACKS: readonly [CallbackKind, ...CallbackKind[]] = [
  'true',
  'true',
  'premature',
  'wrong_id',
  'forged',
  'forged_id',
  'stranger',
]

/** For people: what was done, one line each. */
export const lineOf = ({ do: name, ...rest }: Command): string =>
  [name, ...Object.entries(rest).map(([field, value]) => `${field}=${String(value)}`)].join(' ')
