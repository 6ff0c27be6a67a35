/** What an input of a node takes. Capitals alone are the type of a link. */
export type InputSpec =
  | { readonly kind: 'link'; readonly type: string }
  | { readonly kind: 'text' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'number'; readonly isWhole: boolean; readonly min: number; readonly max: number }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  /** The file of a model. Which ones a server has is its owner's affair: whatever looks like one is there. */
  | { readonly kind: 'model' }
  /** A picture that was uploaded. */
  | { readonly kind: 'picture' }

/** A kind of node that is installed. */
export interface NodeSpec {
  readonly required: Readonly<Record<string, InputSpec>>
  readonly optional?: Readonly<Record<string, InputSpec>>
  /** The types of what it gives, by slot. */
  readonly gives: readonly string[]
  /** For a node whose files are kept: under which key they are listed. */
  readonly saves?: 'images' | 'gifs'
  /** What its files are. */
  readonly makes?: 'video' | 'picture'
}

const link = (type: string): InputSpec => ({ kind: 'link', type })
const whole = (min: number, max: number): InputSpec => ({ kind: 'number', isWhole: true, min, max })
const real = (min: number, max: number): InputSpec => ({ kind: 'number', isWhole: false, min, max })
const choice = (values: readonly string[]): InputSpec => ({ kind: 'choice', values })
const text: InputSpec = { kind: 'text' }
const boolean: InputSpec = { kind: 'boolean' }
const model: InputSpec = { kind: 'model' }
const picture: InputSpec = { kind: 'picture' }

/** In pixels. */
const SIDE = whole(16, 16_384)
const FRAMES = whole(1, 16_384)
const BATCH = whole(1, 4_096)
const SEED = whole(0, 2 ** 64)

const SAMPLERS = choice([
  'euler',
  'euler_ancestral',
  'heun',
  'dpm_2',
  'lms',
  'dpmpp_2m',
  'dpmpp_2m_sde',
  'dpmpp_sde',
  'ddim',
  'lcm',
  'uni_pc',
  'uni_pc_bh2',
  'res_multistep',
  'gradient_estimation',
])
const SCHEDULERS = choice([
  'normal',
  'karras',
  'exponential',
  'sgm_uniform',
  'simple',
  'ddim_uniform',
  'beta',
  'linear_quadratic',
  'kl_optimal',
])

const LATENT_SIZE = { width: SIDE, height: SIDE, length: FRAMES, batch_size: BATCH }
const CONDITIONED = { positive: link('CONDITIONING'), negative: link('CONDITIONING') }
const SAMPLED = {
  ...CONDITIONED,
  sampler_name: SAMPLERS,
  scheduler: SCHEDULERS,
  latent_image: link('LATENT'),
}
const FROM_PICTURES = { ...CONDITIONED, vae: link('VAE'), ...LATENT_SIZE }
const CONDITIONED_LATENT = ['CONDITIONING', 'CONDITIONING', 'LATENT']

const LOADERS: Readonly<Record<string, NodeSpec>> = {
  CheckpointLoaderSimple: { required: { ckpt_name: model }, gives: ['MODEL', 'CLIP', 'VAE'] },
  ImageOnlyCheckpointLoader: { required: { ckpt_name: model }, gives: ['MODEL', 'CLIP_VISION', 'VAE'] },
  UNETLoader: {
    required: {
      unet_name: model,
      weight_dtype: choice(['default', 'fp8_e4m3fn', 'fp8_e4m3fn_fast', 'fp8_e5m2']),
    },
    gives: ['MODEL'],
  },
  UnetLoaderGGUF: { required: { unet_name: model }, gives: ['MODEL'] },
  CLIPLoader: {
    required: {
      clip_name: model,
      type: choice(['stable_diffusion', 'sd3', 'mochi', 'ltxv', 'cosmos', 'wan', 'hunyuan_video_15']),
    },
    optional: { device: choice(['default', 'cpu']) },
    gives: ['CLIP'],
  },
  DualCLIPLoader: {
    required: {
      clip_name1: model,
      clip_name2: model,
      type: choice(['sdxl', 'sd3', 'flux', 'hunyuan_video', 'hunyuan_video_15']),
    },
    optional: { device: choice(['default', 'cpu']) },
    gives: ['CLIP'],
  },
  CLIPVisionLoader: { required: { clip_name: model }, gives: ['CLIP_VISION'] },
  VAELoader: { required: { vae_name: model }, gives: ['VAE'] },
  LoraLoaderModelOnly: {
    required: { model: link('MODEL'), lora_name: model, strength_model: real(-100, 100) },
    gives: ['MODEL'],
  },
  LoraLoader: {
    required: {
      model: link('MODEL'),
      clip: link('CLIP'),
      lora_name: model,
      strength_model: real(-100, 100),
      strength_clip: real(-100, 100),
    },
    gives: ['MODEL', 'CLIP'],
  },
  LoadImage: { required: { image: picture }, gives: ['IMAGE', 'MASK'] },
}

const CONDITIONS: Readonly<Record<string, NodeSpec>> = {
  CLIPTextEncode: { required: { text, clip: link('CLIP') }, gives: ['CONDITIONING'] },
  ConditioningZeroOut: { required: { conditioning: link('CONDITIONING') }, gives: ['CONDITIONING'] },
  FluxGuidance: {
    required: { conditioning: link('CONDITIONING'), guidance: real(0, 100) },
    gives: ['CONDITIONING'],
  },
  CLIPVisionEncode: {
    required: { clip_vision: link('CLIP_VISION'), image: link('IMAGE'), crop: choice(['center', 'none']) },
    gives: ['CLIP_VISION_OUTPUT'],
  },
  LTXVConditioning: {
    required: { ...CONDITIONED, frame_rate: real(0, 1_000) },
    gives: ['CONDITIONING', 'CONDITIONING'],
  },
  WanImageToVideo: {
    required: FROM_PICTURES,
    optional: { clip_vision_output: link('CLIP_VISION_OUTPUT'), start_image: link('IMAGE') },
    gives: CONDITIONED_LATENT,
  },
  WanFirstLastFrameToVideo: {
    required: FROM_PICTURES,
    optional: { start_image: link('IMAGE'), end_image: link('IMAGE') },
    gives: CONDITIONED_LATENT,
  },
  Wan22ImageToVideoLatent: {
    required: { vae: link('VAE'), ...LATENT_SIZE },
    optional: { start_image: link('IMAGE') },
    gives: ['LATENT'],
  },
  LTXVImgToVideo: {
    required: { ...FROM_PICTURES, image: link('IMAGE'), strength: real(0, 1) },
    gives: CONDITIONED_LATENT,
  },
}

const SAMPLING: Readonly<Record<string, NodeSpec>> = {
  ModelSamplingSD3: { required: { model: link('MODEL'), shift: real(0, 100) }, gives: ['MODEL'] },
  EmptyHunyuanLatentVideo: { required: LATENT_SIZE, gives: ['LATENT'] },
  EmptyMochiLatentVideo: { required: LATENT_SIZE, gives: ['LATENT'] },
  EmptyLTXVLatentVideo: { required: LATENT_SIZE, gives: ['LATENT'] },
  EmptyCosmosLatentVideo: { required: LATENT_SIZE, gives: ['LATENT'] },
  KSampler: {
    required: {
      ...SAMPLED,
      model: link('MODEL'),
      seed: SEED,
      steps: whole(1, 10_000),
      cfg: real(0, 100),
      denoise: real(0, 1),
    },
    gives: ['LATENT'],
  },
  KSamplerAdvanced: {
    required: {
      ...SAMPLED,
      model: link('MODEL'),
      add_noise: choice(['enable', 'disable']),
      noise_seed: SEED,
      steps: whole(1, 10_000),
      cfg: real(0, 100),
      start_at_step: whole(0, 10_000),
      end_at_step: whole(0, 10_000),
      return_with_leftover_noise: choice(['disable', 'enable']),
    },
    gives: ['LATENT'],
  },
  VAEDecode: { required: { samples: link('LATENT'), vae: link('VAE') }, gives: ['IMAGE'] },
  VAEDecodeTiled: {
    required: {
      samples: link('LATENT'),
      vae: link('VAE'),
      tile_size: whole(64, 4_096),
      overlap: whole(0, 4_096),
      temporal_size: whole(8, 4_096),
      temporal_overlap: whole(4, 4_096),
    },
    gives: ['IMAGE'],
  },
  CreateVideo: {
    required: { images: link('IMAGE'), fps: real(1, 120) },
    optional: { audio: link('AUDIO') },
    gives: ['VIDEO'],
  },
}

const OUTPUTS: Readonly<Record<string, NodeSpec>> = {
  SaveVideo: {
    required: {
      video: link('VIDEO'),
      filename_prefix: text,
      format: choice(['auto', 'mp4']),
      codec: choice(['auto', 'h264']),
    },
    gives: [],
    saves: 'images',
    makes: 'video',
  },
  SaveWEBM: {
    required: {
      images: link('IMAGE'),
      filename_prefix: text,
      codec: choice(['vp9', 'av1']),
      fps: real(0.01, 1_000),
      crf: real(0, 63),
    },
    gives: [],
    saves: 'images',
    makes: 'video',
  },
  // Of the suite of custom nodes for videos that most workflows need.
  VHS_VideoCombine: {
    required: {
      images: link('IMAGE'),
      frame_rate: real(1, 1_000),
      loop_count: whole(0, 100),
      filename_prefix: text,
      format: text,
      pingpong: boolean,
      save_output: boolean,
    },
    optional: { audio: link('AUDIO') },
    gives: ['VHS_FILENAMES'],
    saves: 'gifs',
    makes: 'video',
  },
  SaveImage: {
    required: { images: link('IMAGE'), filename_prefix: text },
    gives: [],
    saves: 'images',
    makes: 'picture',
  },
}

/** What is installed: nodes that workflows for videos are made of. */
export const NODES: Readonly<Record<string, NodeSpec>> = {
  ...LOADERS,
  ...CONDITIONS,
  ...SAMPLING,
  ...OUTPUTS,
}
