/** The month's budget of an environment. */

import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import { Construct } from 'constructs';

const PERCENT_SPENT = 80;
const PERCENT_FORECAST = 100;
/** The heading of its article. AWS's mail names the budget and has no room for a link. */
const ARTICLE = 'The budget is nearly spent';

export interface BudgetProps {
  readonly environmentName: string;
  readonly dollarsAMonth: number;
  readonly mailbox: string;
}

/** Resources: a budget over the environment's account, whose owner hears when most of it is spent, and when all of it is going to be. */
export class Budget extends Construct {
  constructor(scope: Construct, id: string, { environmentName, dollarsAMonth, mailbox }: BudgetProps) {
    super(scope, id);
    const tell = (notificationType: 'ACTUAL' | 'FORECASTED', threshold: number) => ({
      notification: { notificationType, comparisonOperator: 'GREATER_THAN', threshold, thresholdType: 'PERCENTAGE' },
      subscribers: [{ subscriptionType: 'EMAIL', address: mailbox }],
    });
    new CfnBudget(this, 'Budget', {
      budget: {
        budgetName: `${environmentName} / ${ARTICLE}`,
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: dollarsAMonth, unit: 'USD' },
      },
      notificationsWithSubscribers: [tell('ACTUAL', PERCENT_SPENT), tell('FORECASTED', PERCENT_FORECAST)],
    });
  }
}
