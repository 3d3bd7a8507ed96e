import type { Consistency } from '#core/contracts/points.ts'

/** Which VM is to be frozen. */
export interface QuiesceTarget {
  uuid: string
  name: string
}

export interface FreezeRequest {
  vm: QuiesceTarget
  /** How long the guest may be held at most; it has to thaw by itself then. */
  seconds: number
  signal: AbortSignal
}

/** A guest that holds still. */
export interface Frozen {
  /** What it did: file systems only, or applications as well. */
  consistency: Extract<Consistency, 'application' | 'file-system'>
  /** For how long it promised to hold. */
  seconds: number
  /**
   * Lets the guest go on; never throws.
   * @returns whether it had held still all the time, and why not (one clause)
   */
  thaw(): Promise<{ held: true } | { held: false; why: string }>
}

/** Brings a guest to rest and lets it go again. */
export interface QuiesceProvider {
  /** @throws Error with the reason in its message; the guest is not frozen then, or thaws by itself */
  freeze(request: FreezeRequest): Promise<Frozen>
}

/** @returns the provider that is set up for a VM */
export type FindProvider = (vm: QuiesceTarget) => QuiesceProvider | undefined
