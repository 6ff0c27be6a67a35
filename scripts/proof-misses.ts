/** Why figures miss their aims, as their profiles tell: by the words with which a figure begins. */
export const MISSES: readonly { figure: string; why: string }[] = [
  {
    figure: 'end to stored end, 10000 in flight',
    why:
      'At the pace of the provider 10,000 tasks want more looks than one thread makes on this machine: about 1,000 a second. A write ' +
      'then takes 10 ms in the median and 20 to 50 at p95 (3 and 10 with 1,000 tasks), and five of them follow each other from the ' +
      'callback to the stored end.',
  },
]
