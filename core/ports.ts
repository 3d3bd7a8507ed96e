/**
 * Every interface the product asks of the world. Adapters implement them (`adapters/`), wrappers add to them
 * (`adapters/wrap/`), one contract suite per port runs on every adapter (`test/contract/`).
 */
export type * from './ports/catalog.ts'
export type * from './ports/keys.ts'
export type * from './ports/messages.ts'
export * from './ports/objects.ts'
export type * from './ports/people.ts'
export type * from './ports/region.ts'
export type * from './ports/time.ts'
export * from './ports/transit.ts'
export type * from './ports/workflow.ts'
