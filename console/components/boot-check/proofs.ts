/** How what is proven of a VM is marked. */
export const PROOFS = {
  good: 'success',
  old: 'warning',
  gone: 'warning',
  bad: 'error',
  never: 'pending',
  unknown: 'pending',
} as const
