import type { InputRole } from '@reelay/sdk'
import type { Fit, FitTarget } from './fit.ts'
import type { TaskInput } from './request.ts'

const ROLES: readonly InputRole[] = ['reference', 'first_frame', 'last_frame', 'video']

/** The field in which a client sends files of a role. */
export const INPUT_PARAMS: Readonly<Record<InputRole, string>> = {
  reference: 'input_reference',
  first_frame: 'first_frame',
  last_frame: 'last_frame',
  video: 'video',
}

/**
 * `input_reference` without a role of its own means the first frame, and a second one the last, where the model takes
 * frames and no references: that is how the shape's own documentation describes it.
 */
function asFrames(inputs: readonly TaskInput[], target: FitTarget): readonly TaskInput[] {
  const counts = target.capabilities.inputs
  const isOnlyReferences = inputs.length > 0 && inputs.every((input) => input.role === 'reference')
  if (!isOnlyReferences || (counts.reference ?? 0) > 0 || (counts.first_frame ?? 0) === 0) return inputs
  const places = (counts.last_frame ?? 0) > 0 ? 2 : 1
  if (inputs.length > places) return inputs
  return inputs.map((input, index) => ({ ...input, role: index === 0 ? 'first_frame' : 'last_frame' }))
}

function legalInputs(target: FitTarget): string {
  const taken = ROLES.flatMap((role) => {
    const count = target.capabilities.inputs[role] ?? 0
    return count > 0 ? [`${INPUT_PARAMS[role]} (at most ${count})`] : []
  })
  return taken.length === 0 ? 'it takes no input files' : `it takes ${taken.join(', ')}`
}

/** Files are never dropped: what the model cannot take is refused, whatever `normalize` says. */
export function fitInputs(inputs: readonly TaskInput[], target: FitTarget): Fit<readonly TaskInput[]> {
  const fitted = asFrames(inputs, target)
  for (const role of ROLES) {
    const count = fitted.filter((input) => input.role === role).length
    if (count > (target.capabilities.inputs[role] ?? 0)) {
      const message = `The model ${target.model} cannot use these files: ${legalInputs(target)}.`
      return { ok: false, param: INPUT_PARAMS[role], message }
    }
  }
  return { ok: true, value: fitted, warnings: [] }
}
