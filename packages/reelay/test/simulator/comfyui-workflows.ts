const node = (class_type: string, inputs: object): object => ({ class_type, inputs })

const wan = {
  37: node('UNETLoader', { unet_name: 'wan2.1_t2v_1.3B_fp16.safetensors', weight_dtype: 'default' }),
  38: node('CLIPLoader', { clip_name: 'umt5_xxl_fp8_e4m3fn_scaled.safetensors', type: 'wan' }),
  39: node('VAELoader', { vae_name: 'wan_2.1_vae.safetensors' }),
  6: node('CLIPTextEncode', { text: '{{prompt}}', clip: ['38', 0] }),
  7: node('CLIPTextEncode', { text: '{{negative_prompt}}', clip: ['38', 0] }),
  40: node('EmptyHunyuanLatentVideo', {
    width: '{{width=832}}',
    height: '{{height=480}}',
    length: '{{frames@16=33}}',
    batch_size: 1,
  }),
  3: node('KSampler', {
    model: ['37', 0],
    seed: '{{seed}}',
    steps: '{{option.steps=30}}',
    cfg: 6,
    sampler_name: '{{option.sampler=uni_pc}}',
    scheduler: 'simple',
    positive: ['6', 0],
    negative: ['7', 0],
    latent_image: ['40', 0],
    denoise: 1,
  }),
  8: node('VAEDecode', { samples: ['3', 0], vae: ['39', 0] }),
  49: node('CreateVideo', { images: ['8', 0], fps: 16 }),
  50: node('SaveVideo', {
    video: ['49', 0],
    filename_prefix: 'video/{{option.name=reelay}}',
    format: 'auto',
    codec: 'auto',
  }),
}

/** Another way to make the same, whose file is listed among the GIFs. */
const gifs = {
  ...wan,
  50: node('VHS_VideoCombine', {
    images: ['8', 0],
    frame_rate: 16,
    loop_count: 0,
    filename_prefix: 'wan',
    format: 'video/h264-mp4',
    pingpong: false,
    save_output: true,
  }),
}

/** From a picture. */
const image = {
  ...wan,
  70: node('LoadImage', { image: '{{first_frame}}' }),
  40: node('Wan22ImageToVideoLatent', {
    vae: ['39', 0],
    width: 832,
    height: 480,
    length: 33,
    batch_size: 1,
    start_image: ['70', 0],
  }),
}

/** Workflows as an operator keeps them, with places for what a request says. */
export const COMFYUI_WORKFLOWS: Readonly<Record<string, object>> = { wan, gifs, image }
