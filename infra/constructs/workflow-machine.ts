import { ArnFormat, Aws, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import {
  DefinitionBody,
  type IChainable,
  LogLevel,
  StateMachine,
} from 'aws-cdk-lib/aws-stepfunctions'
import type { Construct } from 'constructs'
import { type Deployment, machineNameOf } from '../deployment.ts'
import { acknowledgeWildcards } from './acknowledge.ts'
import type { ItemLists } from './item-lists.ts'

export interface WorkflowMachineProps {
  deployment: Deployment
  definition: IChainable
  comment: string
  /** What it invokes and which machine it starts, to acknowledge the rights that the CDK gives for them. */
  invokes: readonly IFunction[]
  starts?: StateMachine
  /** What its Map reads, where that is distributed. */
  itemLists?: ItemLists | undefined
}

/** A Standard state machine with logs and traces, none of which hold more than ids. */
export class WorkflowMachine extends StateMachine {
  constructor(
    scope: Construct,
    id: string,
    { deployment, definition, comment, invokes, starts, itemLists }: WorkflowMachineProps,
  ) {
    const name = machineNameOf(deployment, id)
    super(scope, id, {
      stateMachineName: name,
      definitionBody: DefinitionBody.fromChainable(definition),
      comment,
      timeout: Duration.days(14),
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(scope, `${id}Log`, {
          // Step Functions writes into log groups of this prefix without a growing resource policy.
          logGroupName: `/aws/vendedlogs/states/${name}`,
          retention: deployment.context.logs.days as RetentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        includeExecutionData: false,
      },
    })
    const stack = Stack.of(this)
    acknowledgeWildcards(
      this,
      ['*'],
      'X-Ray and the delivery of logs know no other resource (AWS).',
    )
    acknowledgeWildcards(
      this,
      invokes.map(({ functionArn }) => `${functionArn}:*`),
      'The versions of this one function.',
    )
    const executionsOf = ({ stateMachineArn }: StateMachine, which: string) =>
      stack.formatArn({
        service: 'states',
        resource: 'execution',
        resourceName: `${stack.splitArn(stateMachineArn, ArnFormat.COLON_RESOURCE_NAME).resourceName}${which}`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      })
    if (itemLists) {
      acknowledgeWildcards(
        this,
        [`arn:${Aws.PARTITION}:s3:::${itemLists.bucket.bucketName}/*`],
        'The lists of this bucket, which holds nothing else, are named by runs.',
      )
      acknowledgeWildcards(
        this,
        [executionsOf(this, ':*'), executionsOf(this, '/*:*')],
        'Its own executions, which its distributed Map starts, looks at and stops.',
      )
    }
    if (starts)
      acknowledgeWildcards(
        this,
        [executionsOf(starts, '*')],
        'The executions of this one machine, whose names are job ids made later.',
      )
  }
}
