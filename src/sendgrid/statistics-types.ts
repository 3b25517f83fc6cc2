/**
 * Bodies of `GET /v3/stats`, in SendGrid's names.
 *
 * @source sendgrid-oai (ListStat, StatsAdvancedGlobalStats)
 * @module
 */

export interface StatisticsQuery {
  /** `YYYY-MM-DD`. */
  start_date: string;
  /** Default: today. */
  end_date?: string;
  aggregated_by?: 'day' | 'week' | 'month';
  limit?: number;
  offset?: number;
}

export interface StatisticsMetrics {
  blocks: number;
  bounce_drops: number;
  bounces: number;
  clicks: number;
  deferred: number;
  delivered: number;
  invalid_emails: number;
  opens: number;
  processed: number;
  requests: number;
  spam_report_drops: number;
  spam_reports: number;
  unique_clicks: number;
  unique_opens: number;
  unsubscribe_drops: number;
  unsubscribes: number;
}

export interface StatisticsPeriod {
  date: string;
  stats: { metrics: StatisticsMetrics }[];
}
