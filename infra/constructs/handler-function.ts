import { dirname } from 'node:path'
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { Table } from 'aws-cdk-lib/aws-dynamodb'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  Architecture,
  type CfnFunction,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
} from 'aws-cdk-lib/aws-lambda'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { IQueue, Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { bundleOf } from '../bundles.ts'
import {
  type Deployment,
  regionsOf,
  repositoryAddressOf,
  secondCopyOf,
  tableNameOf,
} from '../deployment.ts'
import { type Right, statementOf } from '../rights/right.ts'
import { acknowledgeWildcards } from './acknowledge.ts'

/** Template metadata that says which file a function runs: what binds a state machine to its handlers on one machine. */
export const HANDLER_METADATA = 'xenkeep:handler'

/** What the DynamoDB adapter asks for (adapters/aws/catalog.ts); a transaction needs no right of its own. */
const TABLE_RIGHTS = {
  none: [],
  read: ['dynamodb:GetItem', 'dynamodb:Query'],
  write: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
}

export interface HandlerFunctionProps {
  /** Path of the handler file from the root of the tree; its name names the function's construct. */
  file: string
  deployment: Deployment
  /** To the catalog. */
  access: 'none' | 'read' | 'write'
  /** Beyond the catalog; none unless told. */
  rights?: readonly Right[]
  /** 20 seconds unless told. */
  timeout?: Duration
  /** Only where somebody calls it by a name that has to be known beforehand. */
  functionName?: string
  /** MiB; 512 unless told. */
  memory?: number
  /** Where events end that the function failed on, after two more attempts (Lambda, asynchronous calls); nowhere unless told. */
  deadLetters?: Queue
}

/** All regions, the one it began in first, where there is more than one (functions/in-region.ts). */
const regionsKnown = ({ context }: Deployment) => {
  const regions = regionsOf(context)
  return regions.length > 1 ? { XENKEEP_REGIONS: regions.join(',') } : {}
}

/**
 * The stack that is deployed: `cdk deploy --exclusively NAME-api` asks for bundles by that name, which a nested stack does not bear. It would be deployed with
 * sources instead of bundles.
 */
const outermost = (stack: Stack): Stack =>
  stack.nestedStackParent ? outermost(stack.nestedStackParent) : stack

/** One handler file as one Lambda: Node 24 on ARM64, with a role that may use the catalog, write its own log and what it is told here, no more. */
export class HandlerFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, props: HandlerFunctionProps) {
    const { file, deployment, access, rights = [] } = props
    const { timeout = Duration.seconds(20), memory = 512, functionName, deadLetters } = props
    const logGroup = new LogGroup(scope, `${id}Log`, {
      retention: deployment.context.logs.days as RetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const roleName = rights.find(right => right.roleName)?.roleName
    const role = new Role(scope, `${id}Role`, {
      ...(roleName !== undefined && { roleName }),
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    })
    logGroup.grantWrite(role)
    const table = Table.fromTableName(scope, `${id}Catalog`, tableNameOf(deployment))
    super(scope, id, {
      ...(functionName !== undefined && { functionName }),
      ...(deadLetters && { deadLetterQueue: deadLetters as IQueue }),
      // Without bundles (tests) any folder does.
      code: Code.fromAsset(
        outermost(Stack.of(scope)).bundlingRequired ? bundleOf(file) : dirname(file),
      ),
      handler: 'index.handler',
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: memory,
      timeout,
      environment: Object.assign(
        {
          XENKEEP_REPOSITORY: repositoryAddressOf(deployment),
          ...secondCopyKnown(deployment),
          XENKEEP_GATEWAY_KEY_DAYS: String(deployment.context.gatewayKeyDays),
          XENKEEP_RESTORE_APPROVAL: deployment.context.restoreApproval,
          XENKEEP_TABLE: table.tableName,
          ...regionsKnown(deployment),
        },
        ...rights.map(({ environment = {} }) => environment),
      ) as Record<string, string>,
    })
    if (access !== 'none') table.grant(role, ...TABLE_RIGHTS[access])
    for (const right of rights) {
      this.addToRolePolicy(statementOf(right))
      const wide = right.resources.filter(resource => resource.includes('*'))
      if (right.because !== undefined) acknowledgeWildcards(role, wide, right.because)
    }
    ;(this.node.defaultChild as CfnFunction).addMetadata(HANDLER_METADATA, file)
  }
}

const secondCopyKnown = (deployment: Deployment): Record<string, string> => {
  const { address, region } = secondCopyOf(deployment) ?? {}
  return address === undefined || region === undefined
    ? {}
    : { XENKEEP_SECOND_COPY: address, XENKEEP_SECOND_COPY_REGION: region }
}
