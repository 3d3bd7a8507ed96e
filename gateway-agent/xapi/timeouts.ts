/**
 * How long we wait for a host that says nothing, in milliseconds. One that dies sends no FIN, so that only these tell. TCP keepalive
 * (every 30 s) finds a dead peer of an idle connection as well, after some minutes.
 */
export interface Timeouts {
  /** For an answer to a call, unless the caller knows that it takes longer. XAPI itself may wait for locks for hours: those calls are Async. */
  readonly call: number
  /** For an answer to a login: a wrong password is answered after 5 s. */
  readonly login: number
  /** For bytes over NBD, while somebody waits for them. Opening plugs the disk into dom0, and a busy storage repository pauses. */
  readonly nbd: number
  /** For the answer to an export or import, and for each piece of it; there is no second connection to go on with at once. */
  readonly stream: number
  /** For the end of the task of an export or import, after its last byte. A dead host never ends it. */
  readonly verdict: number
  /** For a VM to start, to resume or to be switched off: it takes seconds, on storage that attaches slowly a minute or two. */
  readonly start: number
  /** For a snapshot of a VM that is shut down for it; then the VM is started again without. A checkpoint may take longer by what its memory needs. */
  readonly whileDown: number
  /** For a task to end that was called off. */
  readonly calledOff: number
  /** Until a password that was refused is tried again unchanged: each try counts towards the lock of the account. */
  readonly refused: number
}

export const realTimeouts: Timeouts = {
  call: 120_000,
  login: 30_000,
  nbd: 120_000,
  stream: 300_000,
  verdict: 120_000,
  start: 300_000,
  whileDown: 900_000,
  calledOff: 60_000,
  refused: 30 * 60_000,
}
