import { parseTimes } from './fault.ts'

/** What can go wrong with callbacks, and what it does. */
export const CALLBACK_FAULTS = {
  lost: 'None is ever sent',
  'lost-end': 'The last one is never sent',
  duplicated: 'Each is sent twice, or so many times: `duplicated*5`',
  shuffled: 'None is sent before the end, and then the last one goes first',
  late: 'Each is sent so many milliseconds later: `late:500`',
  early: 'The first is sent before the answer to the create',
  forged: 'Signed with a key that nobody was told',
  tampered: 'Signed as the truth, and another body is sent',
  'wrong-status': 'Says another end than a poll does, or an end where there is none',
  old: 'Signed an hour ago, as in a replay',
  rotated: 'Signed with the new and the old secret',
  'keys-down': 'The public keys answer 500 three times',
} as const

export type CallbackFault = keyof typeof CALLBACK_FAULTS

/** The faults of a task's callbacks with their numbers: how many times, or how many milliseconds. */
export type CallbackFaults = ReadonlyMap<CallbackFault, number>

function isCallbackFault(name: string): name is CallbackFault {
  return Object.hasOwn(CALLBACK_FAULTS, name)
}

/** Reads `late:500,duplicated*3`. Throws on a name that it does not know. */
export function parseCallbackFaults(text: string): CallbackFaults {
  const faults = new Map<CallbackFault, number>()
  for (const part of text.split(',')) {
    const { word, times } = parseTimes(part, 2)
    const [name = '', delay = '0'] = word.trim().split(':', 2)
    if (!isCallbackFault(name)) {
      const known = Object.keys(CALLBACK_FAULTS).join(', ')
      throw new Error(`Unknown callback fault "${name}": use one of ${known}.`)
    }
    if (!/^\d+$/u.test(delay)) throw new Error(`"${part}" wants milliseconds behind the colon.`)
    faults.set(name, name === 'late' ? Number(delay) : Math.min(times, TIMES_MAX))
  }
  return faults
}

const TIMES_MAX = 100
