type Graph = Record<string, { class_type: string; inputs: Record<string, unknown> }>

const node = (class_type: string, inputs: Record<string, unknown>): Graph[string] => ({ class_type, inputs })

/** A graph that makes a video of a text, as a server's page exports it. For tests. */
export function textToVideo(prompt: string): Graph {
  return {
    37: node('UNETLoader', { unet_name: 'wan2.1_t2v_1.3B_fp16.safetensors', weight_dtype: 'default' }),
    38: node('CLIPLoader', { clip_name: 'umt5_xxl_fp8_e4m3fn_scaled.safetensors', type: 'wan' }),
    39: node('VAELoader', { vae_name: 'wan_2.1_vae.safetensors' }),
    7: node('CLIPTextEncode', { text: 'blurry', clip: ['38', 0] }),
    6: node('CLIPTextEncode', { text: prompt, clip: ['38', 0] }),
    40: node('EmptyHunyuanLatentVideo', { width: 832, height: 480, length: 33, batch_size: 1 }),
    48: node('ModelSamplingSD3', { model: ['37', 0], shift: 8 }),
    3: node('KSampler', {
      model: ['48', 0],
      seed: 82_628_696_717_253,
      steps: 30,
      cfg: 6,
      sampler_name: 'uni_pc',
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
      filename_prefix: 'video/ComfyUI',
      format: 'auto',
      codec: 'auto',
    }),
  }
}
