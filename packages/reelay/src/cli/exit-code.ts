/** What the process answers its caller. Scripts may rely on these numbers. */
export const EXIT_CODE = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  unreachable: 3,
  noVideo: 4,
  notFound: 5,
  unauthorized: 6,
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT_CODE)[keyof typeof EXIT_CODE]

/** The table as `reelay --help` prints it. */
export const EXIT_CODE_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [EXIT_CODE.ok, 'done'],
  [EXIT_CODE.unexpected, 'something unexpected: the message says what'],
  [EXIT_CODE.usage, 'wrong usage or input, refused by the command or by the gateway (4xx)'],
  [EXIT_CODE.unreachable, 'no gateway answers'],
  [EXIT_CODE.noVideo, 'the task ended without a video (failed or error)'],
  [EXIT_CODE.notFound, 'no such video, key or file'],
  [EXIT_CODE.unauthorized, 'the API key is missing, wrong or may not do this'],
  [EXIT_CODE.interrupted, 'interrupted with Ctrl-C; a task that was started goes on'],
]
