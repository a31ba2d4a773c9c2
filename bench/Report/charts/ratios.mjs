// B against A: a dot for the median ratio of every work, a bar for its confidence interval, coloured by the verdict.
import { groupBy } from '../figures.mjs';
import { verdictColours } from '../theme.mjs';

export function ratios(result, narrow) {
  const comparisons = (result.comparisons ?? []).filter(c => c.ratio);
  return [...groupBy(comparisons, c => `${c.a} and ${c.b}`)].map(([, of], index) => picture(of, index, narrow));
}

function picture(comparisons, index, narrow) {
  const rows = [...comparisons].reverse();   // ECharts counts categories from below
  const title = `${comparisons[0].b} against ${comparisons[0].a}`;
  const ends = rows.flatMap(c => [c.interval.low, c.interval.high, 1]);
  return {
    name: index === 0 ? 'ratios' : `ratios-${index + 1}`,
    title,
    says: `B ÷ A of each work's figure, median and 95 % interval; A = ${comparisons[0].a} is 1, for costs and latencies left is better`,
    height: 120 + rows.length * (narrow ? 44 : 34),
    option: {
      grid: { left: narrow ? 118 : 210, right: narrow ? 44 : 70, bottom: 40 },
      xAxis: { type: 'log', logBase: 2, min: Math.min(...ends) / 1.15, max: Math.max(...ends) * 1.15, axisLabel: { formatter: v => `${+v.toFixed(2)}` } },
      yAxis: { type: 'category', data: rows.map(c => `${c.work}${narrow ? '\n' : ' · '}${c.metric.replace('requests per second', 'rate').replace('memory per idle connection', 'memory')}`) },
      series: [
        {
          type: 'custom',
          data: rows.map((c, i) => [i, c.interval.low, c.ratio, c.interval.high]),
          renderItem: (params, api) => {
            const colour = verdictColours[rows[params.dataIndex].verdict];
            const [low, middle, high] = [1, 2, 3].map(d => api.coord([api.value(d), api.value(0)]));
            return {
              type: 'group',
              children: [
                { type: 'rect', shape: { x: low[0], y: low[1] - 5, width: Math.max(2, high[0] - low[0]), height: 10, r: 5 }, style: { fill: colour, opacity: 0.3 } },
                { type: 'circle', shape: { cx: middle[0], cy: middle[1], r: 5 }, style: { fill: colour } },
                { type: 'text', style: { text: (+api.value(2)).toFixed(2), x: high[0] + 8, y: high[1] - 6, fill: colour, fontSize: 12 } },
              ],
            };
          },
          markLine: { symbol: 'none', silent: true, label: { show: false }, lineStyle: { color: '#333', type: 'dashed' }, data: [{ xAxis: 1 }] },
        },
      ],
    },
  };
}
