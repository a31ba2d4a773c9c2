// Renders the pictures of one result: node render.mjs RESULT.json FOLDER. Prints the files it wrote, one a line.
import { readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import * as echarts from 'echarts';
import { theme } from './theme.mjs';
import { ratios } from './charts/ratios.mjs';
import { latencies } from './charts/latencies.mjs';
import { curves } from './charts/curves.mjs';
import { files } from './charts/files.mjs';

const [, , resultPath, folder] = process.argv;
const result = JSON.parse(readFileSync(resultPath, 'utf8'));
mkdirSync(folder, { recursive: true });

// Every chart maker gives a list of { name, title, height, option }; one that finds nothing to show gives an empty list.
for (const chart of [...ratios(result), ...latencies(result), ...curves(result), ...files(result)]) {
  const view = echarts.init(null, theme, { renderer: 'svg', ssr: true, width: 720, height: chart.height });
  view.setOption({ animation: false, backgroundColor: '#fff', ...chart.option });
  // A viewBox lets the picture shrink with the page; ECharts gives fixed sizes.
  const svg = view.renderToSVGString()
    .replace(/<svg width="(\d+)" height="(\d+)"/, '<svg role="img" width="100%" viewBox="0 0 $1 $2"')
    .replace(/(<svg[^>]*?) viewBox="[^"]*"([^>]*viewBox)/, '$1$2')
    .replace(/>/, `><title>${escape(chart.title)}</title>`);
  view.dispose();
  const path = join(folder, `${result.kind}-${chart.name}.svg`);
  writeFileSync(path, svg);
  console.log(path);
}

function escape(text) {
  return text.replace(/[&<>]/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);
}
