import { ANSWER_FAULTS } from '@reelay/simulator'
import { seededNumbers } from '../support/seeded-numbers.ts'
import { FLEET, type FleetMember } from './fleet-members.ts'

/** What a fleet is to be run through. */
export type FleetPlan = {
  seed: number
  tasks: number
  /** Answers to creates and to looks go wrong. */
  faults: boolean
  /** None arrives; or each does, five times and in no order, and every fifth task's are forged and lie. */
  callbacks: 'lost' | 'loud'
}

/** What one task asks its provider to do. */
export type Order = { member: FleetMember; prompt: string; fails: boolean; createFault: string | null }

const FAILURE = 'the cat walked away'
const FAIL_SHARE = 0.15
const CREATE_FAULT_SHARE = 0.3
const POLL_FAULTS_MAX = 4
const COPIES = 5
const FORGED_SHARE = 0.2

/** Lost on its way back, when the job is there. */
const AFTER_ACCEPT = ['reset', 'fin', 'timeout', 'garbage', 'html', 'empty', 'noid', '500', '502', '504']
const CREATE_FAULTS = [...ANSWER_FAULTS, ...AFTER_ACCEPT.map((fault) => `${fault}-after-accept`)]

/** What tasks ask for, evenly over all providers. The same plan gives the same orders. */
export function ordersOf(plan: FleetPlan): readonly Order[] {
  const random = seededNumbers(plan.seed)
  const oneOf = (names: readonly string[]): string => names[Math.floor(random() * names.length)] ?? ''
  const callbacksOf = (isForged: boolean): string =>
    plan.callbacks === 'lost'
      ? 'lost'
      : `duplicated*${COPIES},shuffled${isForged ? ',forged,wrong-status' : ''}`
  return Array.from({ length: plan.tasks }, (_, index) => {
    const fails = random() < FAIL_SHARE
    const callbacks = callbacksOf(random() < FORGED_SHARE)
    const createFault = plan.faults && random() < CREATE_FAULT_SHARE ? oneOf(CREATE_FAULTS) : null
    const looks = plan.faults ? Math.floor(random() * POLL_FAULTS_MAX) : 0
    const pollFaults = Array.from({ length: looks }, () => oneOf(ANSWER_FAULTS))
    const markers = [
      `[up:callback=${callbacks}]`,
      fails ? `[up:failed=${FAILURE}]` : '',
      createFault === null ? '' : `[up:create=${createFault}]`,
      looks === 0 ? '' : `[up:poll=${pollFaults.join(',')}]`,
    ]
    const member = FLEET[index % FLEET.length]
    if (member === undefined) throw new Error('There is no fleet.')
    return { member, prompt: `task ${index} ${markers.join('')}`, fails, createFault }
  })
}
