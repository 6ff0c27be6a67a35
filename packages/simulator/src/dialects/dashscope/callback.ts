import { is2xx, type CallbackRules } from '../../callback-rules.ts'
import { wordOf } from './answers.ts'

/** The usual three more tries of an event bus, 10 to 20 s apart. */
const PAUSE_MS = 15_000

/**
 * An event of the account's event bus about a finished task, sent where a rule of the account leads: the id
 * and the status, and no result. Its name is documented; the rest is as in any CloudEvent (assumed). Unsigned.
 */
export const dashscopeCallback: CallbackRules = {
  target: (_request, account) => account,
  events: ['done', 'failed', 'error', 'cancelled'],
  body: (view) => ({
    specversion: '1.0',
    id: `${view.task.id}-${view.phase}`,
    source: 'acs.dashscope',
    type: 'dashscope:System:AsyncTaskFinish',
    datacontenttype: 'application/json;charset=utf-8',
    time: new Date(view.nowMs).toISOString(),
    aliyunregionid: 'cn-beijing',
    data: { task_id: view.task.id, task_status: wordOf(view) },
  }),
  retry: { timeoutMs: 5_000, delaysMs: [PAUSE_MS, PAUSE_MS, PAUSE_MS], accepts: is2xx },
}
