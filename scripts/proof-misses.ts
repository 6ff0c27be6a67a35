/** Why figures miss their aims, as their profiles tell: by the words with which a figure begins. */
export const MISSES: readonly { figure: string; why: string }[] = [
  {
    figure: 'GET /v1/videos/{id}, as shipped',
    why:
      'Of the time of a read 63 % is the write to the socket and 14 % the statement, which the plain server has as well. The ' +
      'rest is what it does not do: a row becomes a task and that an object of the contract (5 %), the key is hashed and ' +
      'counted against its limits, and eleven headers are written instead of five.',
  },
  {
    figure: 'content, ',
    why:
      'Each chunk is a new buffer of 256 KiB. V8 counts them and marks the whole heap for every 64 MB or so, and the heap of the ' +
      'gateway is many times that of the pipe: 22 % of its time is collecting garbage, 21 % reading, 15 % writing. A range is ' +
      'also a request: key, task, artifact and the size of the file.',
  },
  {
    figure: 'callback acknowledged',
    why:
      'A callback is answered after one insert that waits for the disk, as the plain server answers. Before it come the token (a ' +
      'hash and a read, 0.07 ms), the body (0.07 ms), the signature (0.1 ms) and a count of what is kept (0.05 ms); the tail is ' +
      'that of the disk and of a machine with two cores, on which the second write of the callback before is still under way.',
  },
]
