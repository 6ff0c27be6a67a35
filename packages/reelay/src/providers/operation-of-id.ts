import type { Operation } from '../task/verdict.ts'

/** Adapters encode an id before they put it into a path; only these two would still lead elsewhere. */
const JOB_ID = /^(?!\.{1,2}$)[\x21-\x7e]{1,256}$/

export const isJobId = (id: string): boolean => JOB_ID.test(id)

/** `operationOf` of providers whose jobs need nothing but their id. */
export const operationOfId = (id: string): Operation | string =>
  isJobId(id) ? { providerTaskId: id } : 'This is not an id of a job. Copy it as the provider shows it.'
