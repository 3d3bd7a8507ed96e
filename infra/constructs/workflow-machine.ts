import { type CfnElement, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import {
  DefinitionBody,
  type IChainable,
  LogLevel,
  StateMachine,
} from 'aws-cdk-lib/aws-stepfunctions'
import type { Construct, IConstruct } from 'constructs'
import { type Deployment, machineNameOf } from '../deployment.ts'

export interface WorkflowMachineProps {
  deployment: Deployment
  definition: IChainable
  comment: string
  /** What it invokes and which machine it starts, to acknowledge the rights that the CDK gives for them. */
  invokes: readonly IFunction[]
  starts?: StateMachine
}

/** A Standard state machine with logs and traces, none of which hold more than ids. */
export class WorkflowMachine extends StateMachine {
  constructor(
    scope: Construct,
    id: string,
    { deployment, definition, comment, invokes, starts }: WorkflowMachineProps,
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
          retention: RetentionDays.THREE_MONTHS,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        includeExecutionData: false,
      },
    })
    const logical = (of: IConstruct): string =>
      Stack.of(this).getLogicalId(of.node.defaultChild as CfnElement)
    const acknowledge = (resource: string, reason: string) =>
      Validations.of(this).acknowledge({
        id: `AwsSolutions-IAM5[Resource::${resource}]`,
        reason,
      })
    acknowledge('*', 'X-Ray and the delivery of logs know no other resource (AWS).')
    for (const invoked of invokes)
      acknowledge(`<${logical(invoked)}.Arn>:*`, 'The versions of this one function.')
    if (starts)
      acknowledge(
        `arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:{"Fn::Select":[6,{"Fn::Split":[":",{"Ref":"${logical(starts)}"}]}]}*`,
        'The executions of this one machine, whose names are job ids made later.',
      )
  }
}
