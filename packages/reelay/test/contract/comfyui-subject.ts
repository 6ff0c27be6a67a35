import fixtures from '../../src/providers/comfyui/fixtures/answers.json' with { type: 'json' }
import { createComfyui } from '../../src/providers/comfyui/index.ts'
import type { Operation, StartOutcome, Verdict } from '../../src/task/verdict.ts'
import { json, type Reply } from './fault-server.ts'
import type { ProviderSubject } from './provider-subject.ts'

export const COMFYUI_ID = 'p-1'
export const COMFYUI_OPERATION: Operation = { providerTaskId: COMFYUI_ID }

export const comfyuiNode = (class_type: string, inputs: object): object => ({ class_type, inputs })

const WORKFLOWS: Readonly<Record<string, unknown>> = {
  text: { 6: comfyuiNode('CLIPTextEncode', { text: 'masterpiece, {{prompt}}', clip: ['4', 1] }) },
  wan: {
    3: comfyuiNode('KSampler', { seed: '{{seed}}', steps: '{{option.steps=20}}', cfg: 7, model: ['4', 0] }),
    6: comfyuiNode('CLIPTextEncode', { text: '{{prompt}}' }),
    7: comfyuiNode('CLIPTextEncode', { text: '{{negative_prompt}}' }),
    8: comfyuiNode('EmptyLatent', {
      width: '{{width=832}}',
      height: '{{ height = 480 }}',
      length: '{{frames@16=81}}',
    }),
  },
  image: {
    1: comfyuiNode('LoadImage', { image: '{{first_frame}}' }),
    2: comfyuiNode('LoadImage', { image: '{{last_frame=example.png}}' }),
    6: comfyuiNode('CLIPTextEncode', { text: '{{prompt}}', long: '{{seconds}} s, {{generate_audio=false}}' }),
  },
  references: {
    1: comfyuiNode('Stitch', { images: ['{{reference_1}}', '{{reference_2=}}'], text: '{{prompt}}' }),
  },
}

export const comfyuiDone = (...refs: string[]): Verdict => ({
  kind: 'done',
  outputs: refs.map((ref) => ({ role: 'video', ref })),
})
const failed = (code: 'provider_failed' | 'provider_cancelled', detail: string): Verdict => ({
  kind: 'failed',
  code,
  detail,
})
const at = (finishedAtMs: number, verdict: Verdict): Verdict => ({ ...verdict, finishedAtMs }) as Verdict
const refused = (code: 'invalid_input' | 'rejected_by_provider', detail: string): StartOutcome => ({
  kind: 'rejected',
  code,
  detail,
})
const entry = (fields: object): Reply =>
  json(200, { [COMFYUI_ID]: { ...fixtures.success[COMFYUI_ID], ...fields } })
const NO_VIDEO = 'The run made no video file: the workflow must end in a node that saves MP4, MOV or WebM.'

export const comfyuiSubject: ProviderSubject = {
  open: ({ baseUrl, guarded, clock }) => createComfyui({ baseUrl, workflows: WORKFLOWS, guarded, clock }),
  model: 'text',
  accepted: { reply: json(200, fixtures.queued), operation: COMFYUI_OPERATION },
  refusals: {
    'a value that a node does not take': {
      reply: json(400, fixtures.bad_value),
      expected: refused(
        'invalid_input',
        "Prompt outputs failed validation; node 4 (CheckpointLoaderSimple): Value not in list: ckpt_name: 'nsfw.safetensors' " +
          "not in ['wan.safetensors'] (prompt_outputs_failed_validation)",
      ),
    },
    'a workflow without outputs': {
      reply: json(400, fixtures.no_outputs),
      expected: refused('rejected_by_provider', 'Prompt has no outputs (prompt_no_outputs)'),
    },
    'a node that is not installed': {
      reply: json(400, fixtures.missing_node),
      expected: refused('rejected_by_provider', "Node 'VHS_VideoCombine' not found. (missing_node_type)"),
    },
    'an error as a text': {
      reply: json(400, fixtures.error_as_text),
      expected: refused('invalid_input', 'no prompt'),
    },
    'queued although one of its outputs is wrong': {
      reply: json(200, fixtures.queued_in_part),
      expected: { kind: 'accepted', operation: COMFYUI_OPERATION },
    },
  },
  verdicts: {
    'F39: success with an MP4 under images': {
      reply: json(200, fixtures.success),
      expected: comfyuiDone('/view?filename=ComfyUI_00001_.mp4&subfolder=video&type=output'),
    },
    'success under gifs, with its time': {
      reply: json(200, fixtures.success_with_time),
      expected: at(1_767_225_660_500, comfyuiDone('/view?filename=wan+1.mp4&subfolder=&type=output')),
    },
    'several files: what is saved, once each': {
      reply: entry({
        outputs: {
          8: { gifs: [{ filename: 'preview.mp4', subfolder: '', type: 'temp' }] },
          9: { videos: [{ filename: 'a.webm', subfolder: '', type: 'output' }] },
          10: { images: [{ filename: 'a.webm', subfolder: '', type: 'output' }, 'x', null] },
        },
      }),
      expected: comfyuiDone('/view?filename=a.webm&subfolder=&type=output'),
    },
    'a preview where nothing is saved': {
      reply: entry({ outputs: { 8: { gifs: [{ filename: 'p.mp4', subfolder: '', type: 'temp' }] } } }),
      expected: comfyuiDone('/view?filename=p.mp4&subfolder=&type=temp'),
    },
    'success with a picture only': {
      reply: json(200, fixtures.success_without_video),
      expected: failed('provider_failed', NO_VIDEO),
    },
    'a failed run': {
      reply: json(200, fixtures.error),
      expected: at(
        1_767_225_660_000,
        failed('provider_failed', 'KSampler: Allocation on device You ran out of memory.'),
      ),
    },
    'a failed run without a reason': {
      reply: entry({ status: { status_str: 'error', completed: false, messages: [] } }),
      expected: failed('provider_failed', 'The provider gave no reason.'),
    },
    'an interrupted run': {
      reply: json(200, fixtures.interrupted),
      expected: at(1_767_225_660_000, failed('provider_cancelled', 'The run was interrupted.')),
    },
    'an older server writes no status': {
      reply: json(200, fixtures.older),
      expected: comfyuiDone('/view?filename=a.webm&subfolder=&type=output'),
    },
    'no status and no file': {
      reply: entry({ outputs: {}, status: null }),
      expected: { kind: 'unrecognised', status: 'none' },
    },
    'an unknown status': {
      reply: entry({ status: { status_str: 'paused' } }),
      expected: { kind: 'unrecognised', status: 'paused' },
    },
  },
  otherJob: json(200, { 'p-2': fixtures.error[COMFYUI_ID] }),
  outputs: (baseUrl) => ({
    link: { role: 'video', ref: `${baseUrl}/view?filename=a.mp4` },
    path: { role: 'video', ref: '/view?filename=a.mp4&subfolder=video&type=output' },
  }),
}
