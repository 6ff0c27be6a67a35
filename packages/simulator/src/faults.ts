import { CALLBACK_FAULTS } from './callback-faults.ts'

/** One thing that can go wrong. */
export interface FaultNote {
  /** As it is written: in a fault marker or an order, or as the marker itself. */
  readonly name: string
  /**
   * `answer`: behind `[up:<point>=…]`, in `[up:steps=!…]` and in orders. `marker`: `[up:<name>]`. `callback`: behind
   * `[up:callback=…]`.
   */
  readonly kind: 'answer' | 'marker' | 'callback'
  readonly what: string
}

const answers = (notes: Readonly<Record<string, string>>): FaultNote[] =>
  Object.entries(notes).map(([name, what]) => ({ name, kind: 'answer', what }))

const markers = (notes: Readonly<Record<string, string>>): FaultNote[] =>
  Object.entries(notes).map(([name, what]) => ({ name, kind: 'marker', what }))

/** Everything that can go wrong on purpose, by name. */
export const FAULTS: readonly FaultNote[] = [
  ...answers({
    reset: 'The connection is reset before any answer',
    fin: 'The connection is closed before any answer',
    timeout: 'No answer ever',
    garbage: 'Bytes that are no HTTP',
    'two-lengths': 'Two different lengths in one answer',
    truncated: 'The answer breaks off in the middle',
    'cut-json': 'The end of the body is missing, and the length agrees',
    'chunk-cut': 'A chunked answer breaks off in the middle',
    'short-length': 'The length says half of the body, and half of it arrives',
    slow: 'The answer drips',
    stalled: 'The answer stops in the middle, and the connection stays',
    'big-header': 'A header of 40 kB',
    'bad-gzip': 'Says that it is compressed, and is not',
    html: 'A web page with status 200',
    empty: 'An empty body with status 200',
    json: 'Some JSON with status 200',
    'mp4-json': "The provider's error with status 200, labelled as a video",
    noid: 'The answer without anything to ask for later',
    '200error': "The provider's error with status 200",
    '500invalid': "The provider's error about bad input, with status 500",
    307: 'A redirect to the same origin; so does any 3xx',
    400: "The provider's error with this status; so does any 4xx",
    429: 'Too many requests; `[up:retry-after=…]` says when to come back',
    500: "The provider's error with this status; so does any 5xx",
    502: 'A page of a proxy; 504 and 524 too',
    503: "The provider's error, with `[up:retry-after=…]` if that is given",
    204: 'An empty answer with this status; so does any 2xx',
  }),
  ...markers({
    'create-twice': 'One create makes two jobs',
    missing: 'The first polls do not know the task',
    flapping: 'Polls that know the task and polls that do not take turns',
    bare: 'The first polls name the task and say nothing else',
    unknown: 'A status word that nobody documents',
    'no-url': 'Done, without a link',
    url: 'Done, with a link of your own: a private address, another host',
    'link-ttl': 'The link dies',
    'cancel-ignored': 'A cancel that has no effect',
    'request-id': 'A create that tells an id and nothing else',
  }),
  ...Object.entries(CALLBACK_FAULTS).map(([name, what]) => ({ name, kind: 'callback', what }) as const),
]

/** The faults that strike answers, at these points each. */
export const ANSWER_FAULTS: readonly string[] = FAULTS.flatMap(({ kind, name }) =>
  kind === 'answer' ? name : [],
)
