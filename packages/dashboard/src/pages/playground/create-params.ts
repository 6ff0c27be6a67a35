import type { InputRole, VideoCreateParams } from '@reelay/sdk'
import { requestFields, type FormState } from './form-state.ts'

/** The form as the SDK takes it, with the files themselves. */
export function createParams(form: FormState): VideoCreateParams & { video: File | undefined } {
  const filesOf = (role: InputRole): File[] =>
    form.files.filter((chosen) => chosen.role === role).map(({ file }) => file)
  const references = filesOf('reference')
  return {
    ...requestFields(form),
    input_reference: references.length === 0 ? undefined : references,
    first_frame: filesOf('first_frame')[0],
    last_frame: filesOf('last_frame')[0],
    video: filesOf('video')[0],
  }
}
