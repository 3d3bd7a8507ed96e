import { XenkeepError } from './base.ts'

/** In place of its database the pool sent one without a pool in it, as it does to all during a rolling upgrade. Nothing was stored. */
export class PoolDatabaseStubError extends XenkeepError {
  readonly code = 'POOL_DATABASE_STUB'
  constructor(schema: string) {
    super(
      `XenServer sent an empty stand-in (schema ${schema}) in place of its database, as it does during a rolling pool upgrade.`,
      {
        advice:
          'Finish the upgrade of all hosts, then back up again. Earlier recovery points of the pool are untouched.',
      },
    )
  }
}

/** A pool, host or template that nobody told of. */
export class ComponentNotFoundError extends XenkeepError {
  readonly code = 'COMPONENT_NOT_FOUND'
  /** @param near names that may have been meant */
  constructor(what: 'pool' | 'host' | 'template', wanted: string, near: readonly string[]) {
    const hint = near.length > 0 ? ` Did you mean ${near.map(name => `"${name}"`).join(', ')}?` : ''
    super(`There is no ${what} "${wanted.slice(0, 200)}".${hint}`, {
      advice:
        what === 'template'
          ? '"xenkeep vms --templates" lists custom templates; default templates are part of XenServer and not backed up.'
          : 'Names have to match exactly; without a name all are taken.',
    })
  }
}

/** Several pools, hosts, templates or storage repositories have this name. */
export class ComponentAmbiguousError extends XenkeepError {
  readonly code = 'COMPONENT_AMBIGUOUS'
  constructor(
    what: 'pool' | 'host' | 'template' | 'storage repository',
    wanted: string,
    uuids: readonly string[],
  ) {
    super(
      `${uuids.length} ${what === 'storage repository' ? 'storage repositories' : `${what}s`} are called "${wanted.slice(0, 200)}": ${uuids.slice(0, 5).join(', ')}.`,
      { advice: `Name the ${what} by its UUID instead.` },
    )
  }
}

/** A restore of a VM was asked for, and the point is none of a VM; or one of a component, and it is none of a component. */
export class PointOfOtherKindError extends XenkeepError {
  readonly code = 'POINT_OF_OTHER_KIND'
  /** @param advice where a restore of it is asked for in another way */
  constructor(pointId: string, kind: string, wanted = 'a virtual machine', advice?: string) {
    super(`The recovery point ${pointId} holds ${kind}, not ${wanted}.`, {
      advice:
        advice ??
        '"xenkeep restore POINT --plan" asks a pool whether it would take its database, "xenkeep repo export POINT --disk NAME" writes what it holds to a file; docs/operations.md tells how to go on from there.',
    })
  }
}
