// Latency by percentile of both sides, a picture a work; medians over the windows that count.
import { groupBy, median } from '../figures.mjs';

const percentiles = [['p50', 'p50'], ['p90', 'p90'], ['p99', 'p99'], ['p999', 'p99.9'], ['max', 'maximum']];

export function latencies(result, narrow) {
  if (result.kind !== 'ab') return [];
  const cells = [...(result.latencyCells ?? []), ...result.cells].filter(c => c.latency && !c.refused);
  return [...groupBy(cells, c => c.work)].map(([work, of]) => picture(work, of, narrow));
}

function picture(work, cells, narrow) {
  const title = `Latency: ${work}`;
  const series = [...groupBy(cells, c => c.series)].sort().map(([side, of]) => ({
    name: `${side} = ${of[0].server}`,
    type: 'line',
    symbolSize: 7,
    lineStyle: { width: 2, type: side === 'B' ? 'solid' : 'dashed' },
    data: percentiles.map(([key]) => median(of.map(c => c.latency[key])) / 1000),
  }));
  return {
    name: `latency-${work}`,
    title,
    says: 'milliseconds, log scale; the maximum is the median of the windows\' maxima',
    height: 300,
    option: {
      grid: { left: narrow ? 44 : 60, right: 34, bottom: 60 },
      legend: {},
      xAxis: { type: 'category', data: percentiles.map(([, label]) => label), boundaryGap: false },
      yAxis: { type: 'log', axisLabel: { formatter: v => `${+v.toPrecision(2)}` } },
      series,
    },
  };
}
