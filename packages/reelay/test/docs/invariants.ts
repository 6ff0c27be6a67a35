/** A promise, and the tests that would fail if it were broken. */
export type Invariant = {
  text: string
  /** Of packages/reelay: the file, and the fixed part of the test's name. */
  tests: readonly { file: string; title: string }[]
  /** Records of longer runs that check it too; shown where such a record is there. */
  also?: readonly string[]
}

const at = (file: string, title: string): { file: string; title: string } => ({ file, title })

const KILLS = at(
  'test/crash/kill.test.ts',
  'kills at every named point lose no accepted task and never submit one twice',
)
const LIVES = at('src/task/decide-properties.test.ts', 'random lives break no rule of the task')
const FLEET_LOST = at(
  'test/simulator/fleet.test.ts',
  'with callbacks lost, and creates and looks going wrong, 1,000 tasks end rightly and none is billed twice',
)
const FLEET_LIED = at(
  'test/simulator/fleet.test.ts',
  'callbacks five times over, shuffled, a fifth forged and lying, change nothing but when jobs are looked at',
)
const PAUSED = at(
  'test/replicas/paused.test.ts',
  'a process that was stopped past its leases at every point changes nothing when it goes on',
)
const POSTGRES_STOPPED = at(
  'test/replicas/postgres-stopped.test.ts',
  'hard stops of PostgreSQL under load: creates answer 503 and reach no provider, and all goes on by itself',
)

/** By number, from 1. */
export const INVARIANTS: readonly Invariant[] = [
  {
    text: 'A create that was answered with 2xx is there after any crash, at any later time.',
    tests: [
      KILLS,
      at('src/store/sqlite/durability.test.ts', 'kills without warning lose no acknowledged task'),
    ],
    also: ['chaos'],
  },
  {
    text: 'A create that was not answered is there as a whole or not at all: never a task without its idempotency key, its attempt or its events.',
    tests: [
      at('src/store/sqlite/durability.test.ts', 'lose no acknowledged task and leave none half-written'),
      at('test/contract/store-outbox-contract.ts', 'outbox: a new task and its event are written together'),
    ],
    also: ['chaos'],
  },
  {
    text: 'The same key with the same content gives the same id and one task, for any number of copies at once, in any process and after restarts.',
    tests: [
      at(
        'test/contract/store-insert-contract.ts',
        'idempotency: two concurrent copies with one key make one task',
      ),
      at(
        'test/postgres/replicas.test.ts',
        'copies of one request that reach all replicas at once make one task',
      ),
    ],
    also: ['chaos'],
  },
  {
    text: 'The same key with other content is a 422 and makes nothing; the same key of another project is another key.',
    tests: [
      at('test/conformance/idempotency.test.ts', 'C24 the same key with another prompt'),
      at(
        'test/contract/store-insert-contract.ts',
        'idempotency: a key with other content is reused and stores nothing',
      ),
      at('test/conformance/idempotency.test.ts', 'C25 the same key in another project'),
    ],
  },
  {
    text: 'At most one billable request of an attempt reaches the provider; there is a second attempt only after a definite "not sent" or "refused".',
    tests: [KILLS, FLEET_LOST, LIVES],
    also: ['chaos'],
  },
  {
    text: 'A crash between the billable request and the storing of its answer never leads to another one.',
    tests: [
      at(
        'test/engine/engine.test.ts',
        'a task whose process ended during the submit becomes unknown after a restart, and nothing is sent',
      ),
      KILLS,
    ],
    also: ['chaos'],
  },
  {
    text: 'A submit whose answer was lost becomes unknown, and then exactly one of two: its job is found and goes on, or the task ends as `error`, `submit_outcome_unknown`.',
    tests: [
      at(
        'test/engine/engine.test.ts',
        'a lost answer to the billable request is never sent again and ends at the deadline',
      ),
      at(
        'test/engine/engine.test.ts',
        'a lost answer is adopted when the provider finds the job by its client token',
      ),
    ],
  },
  {
    text: 'A job at a provider belongs to one task at most.',
    tests: [
      at(
        'test/contract/store-slot-contract.ts',
        'operation taken: an upstream job belongs to one task, and the loser writes nothing',
      ),
    ],
  },
  {
    text: 'Every accepted task reaches a stored end by its deadline, one look and the time to recover, with all callbacks lost.',
    tests: [
      at('test/callbacks/fleet.test.ts', 'with all callbacks lost, every task ends as its job did'),
      FLEET_LOST,
    ],
    also: ['chaos'],
  },
  {
    text: 'The same where looks fail for any finite time and then work again.',
    tests: [
      at('test/engine/engine.test.ts', 'a three-minute outage of the upstream ends no task'),
      at('test/e2e/outage.test.ts', 'faulty answers to looks end no task'),
    ],
  },
  {
    text: 'An end, its error and its time never change.',
    tests: [
      at(
        'test/contract/store-commit-contract.ts',
        'commit: a terminal move takes the task off the schedule; a terminal state never changes',
      ),
      LIVES,
    ],
  },
  {
    text: 'Progress never falls, and the status only goes on: queued, in progress, ended.',
    tests: [
      at('test/engine/engine.test.ts', 'progress never falls and stays below 100 until the bytes are here'),
      at('src/task/state.test.ts', 'every pair of states is legal or illegal as the table says'),
    ],
  },
  {
    text: 'A callback that comes twice, late, in the wrong order or forged changes nothing that is stored of a task but the time of the next look, and a candidate id while the outcome of a submit is unknown.',
    tests: [
      FLEET_LIED,
      at('test/contract/store-callback-contract.ts', 'it moves the next look and nothing else'),
    ],
  },
  {
    text: 'A callback that claims success completes no task whose job the provider itself calls failed or running.',
    tests: [
      at(
        'test/callbacks/callbacks.test.ts',
        'a provider that says failed is believed, whatever its callback says',
      ),
      at(
        'test/callbacks/callbacks.test.ts',
        'an end that the provider itself does not see is looked for after 1, 2 and 5 s, and never believed',
      ),
    ],
  },
  {
    text: 'A callback that was answered with 2xx is stored, byte for byte.',
    tests: [
      at(
        'test/contract/store-callback-contract.ts',
        'callback: its bytes and headers are kept as they came, also none',
      ),
      at(
        'test/crash/callbacks-kept.test.ts',
        'a callback that was answered is there after a kill, byte for byte',
      ),
    ],
    also: ['chaos'],
  },
  {
    text: 'However many callbacks come, a task is looked at three times at once and then once a second, and what is stored of them is bounded.',
    tests: [
      at('test/callbacks/callbacks.test.ts', 'a flood causes three looks at once and one a second'),
      at(
        'test/contract/store-callback-contract.ts',
        'callback: fifty of an attempt are kept, forged ones among them, and no more',
      ),
    ],
  },
  {
    text: '`completed` is shown only once the bytes are stored, with their length and SHA-256, and read back as they came.',
    tests: [
      at(
        'test/engine/engine.test.ts',
        'a task goes from queued to an archived video, and its timeline tells how',
      ),
      at('test/conformance/content.test.ts', 'C40 openai: the whole file'),
    ],
    also: ['chaos'],
  },
  {
    text: 'A download that is cut, empty, too large or no video is never stored as one.',
    tests: [
      at('src/engine/archive.test.ts', 'is never archived, and the task ends when its bytes stay bad'),
      at('src/media/probe.test.ts', 'a video cut at any point is refused'),
    ],
  },
  {
    text: 'A crash while a video is stored leaves nothing half that anybody sees, and the next try ends with one file.',
    tests: [
      KILLS,
      at(
        'src/engine/archive.test.ts',
        'an archive removes what earlier holders of its lease left, never what a later one keeps',
      ),
    ],
    also: ['chaos'],
  },
  {
    text: 'Each end gives every endpoint that wants it one event with one `webhook-id`, the same at every retry, delivered at least once.',
    tests: [
      at(
        'test/contract/store-outbox-contract.ts',
        'outbox: each status is told once, to the endpoint; the last one to the callback too',
      ),
      at(
        'test/crash/deliveries.test.ts',
        'kills during deliveries to receivers that fail half of the time lose none of a thousand events',
      ),
    ],
    also: ['chaos'],
  },
  {
    text: 'A delivery ends as delivered, exhausted or cancelled; none is forgotten, and a dead endpoint delays no other.',
    tests: [
      at(
        'src/webhooks/decide-delivery.test.ts',
        'every step has its pause, and after the last one the delivery is exhausted',
      ),
      at(
        'test/webhooks/isolation.test.ts',
        'a dead endpoint with 500 deliveries delays no other and is asked ever more seldom',
      ),
    ],
  },
  {
    text: 'Signatures verify with `standardwebhooks` and `openai`, with both secrets during a rotation, and not with the old one after it.',
    tests: [
      at(
        'src/webhooks/sign-webhook.test.ts',
        'standardwebhooks and openai verify it, with either of two secrets and with no other',
      ),
      at(
        'test/conformance/webhooks.test.ts',
        'C56 client.webhooks.unwrap and standardwebhooks verify a delivery, before, during and after a rotation',
      ),
    ],
  },
  {
    text: 'No connection is opened to a forbidden address for a URL that a user or a provider gave.',
    tests: [
      at('src/net/guard-attacks.test.ts', 'is blocked: ${attack.name}'),
      at('test/security/guard-places.test.ts', 'is blocked: ${attack.name}'),
    ],
  },
  {
    text: 'No key sees, counts or can tell the tasks of another project.',
    tests: [
      at(
        'test/security/tenant-isolation.test.ts',
        'a foreign id is a missing one, on every route and for every scope',
      ),
    ],
  },
  {
    text: 'No secret is in a log line, an answer, a callback, or a column of the database outside the vault.',
    tests: [at('test/security/canary.test.ts', 'is not in the wrong ${place}')],
  },
  {
    text: 'Two processes never work on one thing at the same fence, and who lost a lease writes nothing.',
    tests: [
      PAUSED,
      at(
        'test/postgres/replicas.test.ts',
        'replicas that claim at once never lease a task twice, and lease them all',
      ),
      at(
        'test/contract/store-commit-contract.ts',
        'commit: a holder whose lease was claimed by another writes nothing',
      ),
    ],
    also: ['chaos'],
  },
  {
    text: 'A clock that is set ahead or back loses no task and causes no storm of looks or deliveries.',
    tests: [
      at('test/engine/faults.test.ts', 'delays neither looks nor a paused account'),
      at(
        'test/engine/faults.test.ts',
        'a wall clock that is set ahead takes no task from the step that holds it',
      ),
    ],
  },
  {
    text: 'While the store cannot be written, creates are answered with 503 and no provider is asked; afterwards all else holds without a restart.',
    tests: [
      POSTGRES_STOPPED,
      at('test/e2e/disk-full.test.ts', 'a full disk pauses the archive and ends no task'),
    ],
    also: ['chaos'],
  },
  {
    text: 'A stop takes ten seconds at most, drops no accepted request, and leaves no submit half way.',
    tests: [
      at(
        'test/engine/engine.test.ts',
        'a stop waits for a billable request as long as it may, then records its outcome as unknown',
      ),
      at('test/e2e/restart.test.ts', 'SIGTERM ends one'),
    ],
    also: ['chaos'],
  },
  {
    text: 'Memory and handles are bounded: after an hour no more than 1.3 times the memory of the fifth minute, and no growth of timers, listeners or descriptors.',
    tests: [
      at('test/security/hostile-memory.test.ts', 'memory stays flat over fifty rounds of the heavy kinds'),
      at('test/security/hostile-memory.test.ts', 'no handle stays open'),
    ],
    also: ['soak'],
  },
]
