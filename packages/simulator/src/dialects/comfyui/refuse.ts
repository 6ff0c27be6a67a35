import { jsonAnswer, type Answer } from '../../answer.ts'
import type { SimulatorRequest } from '../../request.ts'
import type { Verbs } from '../../verbs.ts'
import { brokenAnswer, nodeErrors } from './answers.ts'
import { graphOf, type GraphNode } from './graph.ts'
import { validate } from './validate.ts'

interface PromptError {
  readonly type: string
  readonly message: string
  readonly details: string
  readonly extra_info?: Readonly<Record<string, unknown>>
}

function refused(error: PromptError, node_errors: object = {}): Answer {
  return jsonAnswer(400, { error: { extra_info: {}, ...error }, node_errors })
}

/** A kind of node that is not there stops everything, before any input is looked at. */
function missingNode({ id, className, title }: GraphNode): Answer {
  const name = title ?? className ?? `ID #${id}`
  const why =
    className === null
      ? 'has no class_type. The workflow may be corrupted or a custom node is missing.'
      : 'not found. The custom node may not be installed.'
  const message = `Node '${name}' ${why}`
  const extra_info = { node_id: id, class_type: className, node_title: title ?? className }
  return refused({ type: 'missing_node_type', message, details: `Node ID '#${id}'`, extra_info })
}

/** Why a graph is not queued; one of whose outputs at least one is good is. */
export function refuse({ fields, broken }: SimulatorRequest, { uploads }: Verbs): Answer | null {
  // What is no JSON makes the handler throw.
  if (broken !== null) return brokenAnswer()
  if (!Object.hasOwn(fields, 'prompt')) {
    const message = 'No prompt provided'
    return refused({ type: 'no_prompt', message, details: message })
  }
  const nodes = graphOf(fields)
  const missing = nodes.find(({ spec }) => spec === null)
  if (missing !== undefined) return missingNode(missing)
  const { good, faults } = validate(nodes, uploads)
  if (good.length > 0) return null
  if (!nodes.some(({ spec }) => spec?.saves !== undefined)) {
    return refused({ type: 'prompt_no_outputs', message: 'Prompt has no outputs', details: '' })
  }
  const lines = [...faults.values()].flatMap((node) =>
    node.faults.map(({ message, details }) => `${message}: ${details}`),
  )
  const error = {
    type: 'prompt_outputs_failed_validation',
    message: 'Prompt outputs failed validation',
    details: lines.join('\n'),
  }
  return refused(error, nodeErrors({ fields }, faults))
}
