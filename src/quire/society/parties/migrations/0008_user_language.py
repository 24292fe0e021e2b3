from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('parties', '0007_apikey'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='language',
            field=models.CharField(blank=True, default='', max_length=5),
        ),
    ]
